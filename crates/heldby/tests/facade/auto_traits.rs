//! Every type is `Send`, `Sync`, `UnwindSafe` and `RefUnwindSafe` exactly where std's is.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

/// The answer for a type that does not implement a trait; an inherent constant wins over it.
trait Otherwise {
    const YES: bool = false;
}

/// Makes questions: `<IsSend<T>>::YES` tells whether `T` is `Send`.
macro_rules! questions {
    ($($name:ident: $trait:ident)*) => {$(
        struct $name<T: ?Sized>(PhantomData<T>);
        impl<T: ?Sized> Otherwise for $name<T> {}
        impl<T: ?Sized + $trait> $name<T> {
            const YES: bool = true;
        }
    )*};
}

questions! {
    IsSend: Send
    IsSync: Sync
    IsUnpin: Unpin
    IsUnwindSafe: UnwindSafe
    IsRefUnwindSafe: RefUnwindSafe
}

macro_rules! same {
    ($ours:ty, $theirs:ty) => {
        const _: () = {
            assert!(<IsSend<$ours>>::YES == <IsSend<$theirs>>::YES);
            assert!(<IsSync<$ours>>::YES == <IsSync<$theirs>>::YES);
            assert!(<IsUnpin<$ours>>::YES == <IsUnpin<$theirs>>::YES);
            assert!(<IsUnwindSafe<$ours>>::YES == <IsUnwindSafe<$theirs>>::YES);
            assert!(<IsRefUnwindSafe<$ours>>::YES == <IsRefUnwindSafe<$theirs>>::YES);
        };
    };
}

macro_rules! same_around {
    ($($payload:ty),*) => {$(
        same!(heldby::sync::Mutex<$payload>, std::sync::Mutex<$payload>);
        same!(heldby::sync::RwLock<$payload>, std::sync::RwLock<$payload>);
        same!(heldby::sync::MutexGuard<'static, $payload>, std::sync::MutexGuard<'static, $payload>);
        same!(
            heldby::sync::RwLockReadGuard<'static, $payload>,
            std::sync::RwLockReadGuard<'static, $payload>
        );
        same!(
            heldby::sync::RwLockWriteGuard<'static, $payload>,
            std::sync::RwLockWriteGuard<'static, $payload>
        );
    )*};
}

macro_rules! same_cells {
    ($($payload:ty),*) => {$(
        same!(heldby::sync::OnceLock<$payload>, std::sync::OnceLock<$payload>);
        same!(heldby::sync::LazyLock<$payload>, std::sync::LazyLock<$payload>);
        same!(
            heldby::sync::LazyLock<u8, $payload>,
            std::sync::LazyLock<u8, $payload>
        );
    )*};
}

macro_rules! same_channels {
    ($($payload:ty),*) => {$(
        same!(heldby::sync::mpsc::Sender<$payload>, std::sync::mpsc::Sender<$payload>);
        same!(heldby::sync::mpsc::SyncSender<$payload>, std::sync::mpsc::SyncSender<$payload>);
        same!(heldby::sync::mpsc::Receiver<$payload>, std::sync::mpsc::Receiver<$payload>);
        same!(
            heldby::sync::mpsc::Iter<'static, $payload>,
            std::sync::mpsc::Iter<'static, $payload>
        );
        same!(
            heldby::sync::mpsc::TryIter<'static, $payload>,
            std::sync::mpsc::TryIter<'static, $payload>
        );
        same!(heldby::sync::mpsc::IntoIter<$payload>, std::sync::mpsc::IntoIter<$payload>);
    )*};
}

macro_rules! same_handles {
    ($($payload:ty),*) => {$(
        same!(heldby::thread::JoinHandle<$payload>, std::thread::JoinHandle<$payload>);
        same!(
            heldby::thread::ScopedJoinHandle<'static, $payload>,
            std::thread::ScopedJoinHandle<'static, $payload>
        );
    )*};
}

same_around!(
    u8,
    str,
    [u8],
    dyn Send,
    Cell<u8>,
    RefCell<u8>,
    Rc<u8>,
    *const u8,
    &'static Cell<u8>,
    &'static mut u8,
    std::sync::MutexGuard<'static, u8>,
    std::marker::PhantomPinned
);
same_cells!(
    u8,
    Cell<u8>,
    RefCell<u8>,
    Rc<u8>,
    *const u8,
    &'static Cell<u8>,
    &'static mut u8,
    fn() -> Rc<u8>,
    std::sync::MutexGuard<'static, u8>,
    std::marker::PhantomPinned
);
same_channels!(
    u8,
    Cell<u8>,
    Rc<u8>,
    *const u8,
    &'static mut u8,
    std::marker::PhantomPinned
);
same_handles!(u8, Cell<u8>, Rc<u8>, *const u8);
same!(heldby::sync::Condvar, std::sync::Condvar);
same!(heldby::sync::Once, std::sync::Once);
same!(heldby::sync::Barrier, std::sync::Barrier);
same!(heldby::thread::Builder, std::thread::Builder);
same!(
    heldby::thread::Scope<'static, 'static>,
    std::thread::Scope<'static, 'static>
);

#[cfg(feature = "parking_lot")]
macro_rules! same_as_in_parking_lot {
    ($($name:ident<$($lifetime:lifetime,)? _>)*) => {$(
        same_as_in_parking_lot!($name $($lifetime)?: u8, str, Cell<u8>, Rc<u8>, *const u8);
    )*};
    ($name:ident: $($payload:ty),*) => {$(
        same!(heldby::parking_lot::$name<$payload>, parking_lot::$name<$payload>);
    )*};
    ($name:ident $lifetime:lifetime: $($payload:ty),*) => {$(
        same!(
            heldby::parking_lot::$name<$lifetime, $payload>,
            parking_lot::$name<$lifetime, $payload>
        );
    )*};
}

#[cfg(feature = "parking_lot")]
same_as_in_parking_lot!(
    Mutex<_>
    MutexGuard<'static, _>
    MappedMutexGuard<'static, _>
    FairMutex<_>
    RwLock<_>
    RwLockReadGuard<'static, _>
    RwLockWriteGuard<'static, _>
    RwLockUpgradableReadGuard<'static, _>
    ReentrantMutex<_>
    ReentrantMutexGuard<'static, _>
);
#[cfg(feature = "parking_lot")]
same!(heldby::parking_lot::Condvar, parking_lot::Condvar);
#[cfg(feature = "parking_lot")]
same!(heldby::parking_lot::Once, parking_lot::Once);

#[cfg(feature = "tokio")]
macro_rules! same_as_in_tokio {
    ($($module:ident::$name:ident$lifetime:tt)*) => {$(
        same_as_in_tokio!($module $name $lifetime u8);
        same_as_in_tokio!($module $name $lifetime Cell<u8>);
        same_as_in_tokio!($module $name $lifetime Rc<u8>);
        same_as_in_tokio!($module $name $lifetime *const u8);
    )*};
    ($module:ident $name:ident [$($lifetime:tt)*] $payload:ty) => {
        same!(
            heldby::tokio::$module::$name<$($lifetime)* $payload>,
            tokio::$module::$name<$($lifetime)* $payload>
        );
    };
}

#[cfg(feature = "tokio")]
same_as_in_tokio!(
    sync::Mutex[]
    sync::MutexGuard['static,]
    sync::MappedMutexGuard['static,]
    sync::OwnedMutexGuard[]
    sync::OwnedMappedMutexGuard[]
    sync::RwLock[]
    sync::RwLockReadGuard['static,]
    sync::RwLockWriteGuard['static,]
    sync::RwLockMappedWriteGuard['static,]
    sync::OwnedRwLockReadGuard[]
    sync::OwnedRwLockWriteGuard[]
    sync::OwnedRwLockMappedWriteGuard[]
    task::JoinHandle[]
    task::JoinSet[]
);
#[cfg(feature = "tokio")]
same!(heldby::tokio::sync::Semaphore, tokio::sync::Semaphore);
#[cfg(feature = "tokio")]
same!(
    heldby::tokio::sync::SemaphorePermit<'static>,
    tokio::sync::SemaphorePermit<'static>
);
#[cfg(feature = "tokio")]
same!(
    heldby::tokio::sync::OwnedSemaphorePermit,
    tokio::sync::OwnedSemaphorePermit
);
#[cfg(feature = "tokio")]
same!(
    heldby::tokio::runtime::LocalRuntime,
    tokio::runtime::LocalRuntime
);
#[cfg(feature = "tokio")]
same!(heldby::tokio::task::LocalSet, tokio::task::LocalSet);
#[cfg(feature = "tokio")]
same!(heldby::tokio::runtime::Builder, tokio::runtime::Builder);
#[cfg(feature = "tokio")]
same!(heldby::tokio::runtime::Handle, tokio::runtime::Handle);
#[cfg(feature = "tokio")]
same!(heldby::tokio::runtime::Runtime, tokio::runtime::Runtime);

#[test]
fn the_question_itself_has_both_answers() {
    let answers = [
        <IsSend<u8>>::YES,
        <IsSend<Rc<u8>>>::YES,
        <IsSync<Cell<u8>>>::YES,
        <IsUnwindSafe<&Cell<u8>>>::YES,
    ];
    assert_eq!(answers, [true, false, false, false]);
}
