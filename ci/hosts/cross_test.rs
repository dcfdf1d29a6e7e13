//! Two tests that take two locks in opposite orders; each alone is fine.

#[cfg(test)]
mod tests {
    use heldby::sync::Mutex;

    struct Shop {
        stock: Mutex<u32>,
        till: Mutex<u32>,
    }

    fn shop() -> Shop {
        Shop {
            stock: Mutex::named("stock", 3),
            till: Mutex::named("till", 0),
        }
    }

    #[test]
    fn sell() {
        let shop = shop();
        let mut stock = shop.stock.lock().unwrap();
        *shop.till.lock().unwrap() += 5;
        *stock -= 1;
    }

    #[test]
    fn refund() {
        let shop = shop();
        let mut till = shop.till.lock().unwrap();
        *shop.stock.lock().unwrap() += 1;
        *till -= 0;
    }
}
