/// Written later: takes a third lock under the first, and the other way round.
#[cfg(test)]
mod later {
    use heldby::sync::Mutex;

    #[test]
    fn audit() {
        let stock = Mutex::named("stock", 3);
        let audit = Mutex::named("audit", 0);
        drop((stock.lock().unwrap(), audit.lock().unwrap()));
        drop((audit.lock().unwrap(), stock.lock().unwrap()));
    }
}
