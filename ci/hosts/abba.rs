//! A host with one bug: two threads take two locks in opposite orders, one after the other, so that
//! it never hangs. `clean` as argument leaves the second thread out.

use heldby::{sync::Mutex, thread};

struct Router {
    routes: Mutex<u64>,
    session: Mutex<u64>,
}

impl Router {
    fn send_reply(&self) {
        let routes = self.routes.lock().unwrap();
        *self.session.lock().unwrap() += *routes;
    }

    fn reload(&self) {
        let session = self.session.lock().unwrap();
        *self.routes.lock().unwrap() += *session;
    }
}

fn main() {
    let router = Router {
        routes: Mutex::named("routes", 1),
        session: Mutex::named("session", 1),
    };
    thread::scope(|scope| scope.spawn(|| router.send_reply()).join().unwrap());
    if std::env::args().nth(1).as_deref() != Some("clean") {
        thread::scope(|scope| scope.spawn(|| router.reload()).join().unwrap());
    }
    println!("the host ran on");
}
