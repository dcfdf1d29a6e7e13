//! The combinators: tokio's own, with each arm marked.

/// Waits for all arms, as [`tokio::join!`]; each is a [`branch`](crate::task::branch).
#[doc(hidden)]
#[macro_export]
macro_rules! __heldby_join {
    (biased; $($arm:expr),* $(,)?) => {
        $crate::__private::tokio::join!(biased; $($crate::__heldby_arm!($arm)),*)
    };
    ($($arm:expr),* $(,)?) => {
        $crate::__private::tokio::join!($($crate::__heldby_arm!($arm)),*)
    };
}

/// Waits for all arms or the first error, as [`tokio::try_join!`]; each is a
/// [`branch`](crate::task::branch).
#[doc(hidden)]
#[macro_export]
macro_rules! __heldby_try_join {
    (biased; $($arm:expr),* $(,)?) => {
        $crate::__private::tokio::try_join!(biased; $($crate::__heldby_arm!($arm)),*)
    };
    ($($arm:expr),* $(,)?) => {
        $crate::__private::tokio::try_join!($($crate::__heldby_arm!($arm)),*)
    };
}

/// Waits for the first arm, as [`tokio::select!`]; each is a [`branch`](crate::task::branch).
#[doc(hidden)]
#[macro_export]
macro_rules! __heldby_select {
    (@arms [$($done:tt)*]) => {
        $crate::__private::tokio::select! { $($done)* }
    };
    (@arms [$($done:tt)*] else => $($rest:tt)*) => {
        $crate::__private::tokio::select! { $($done)* else => $($rest)* }
    };
    (@arms [$($done:tt)*] $bind:pat = $arm:expr, if $if:expr => $do:block, $($rest:tt)*) => {
        $crate::__heldby_select! {
            @arms [$($done)* $bind = $crate::__heldby_arm!($arm), if $if => $do,] $($rest)*
        }
    };
    (@arms [$($done:tt)*] $bind:pat = $arm:expr, if $if:expr => $do:block $($rest:tt)*) => {
        $crate::__heldby_select! {
            @arms [$($done)* $bind = $crate::__heldby_arm!($arm), if $if => $do,] $($rest)*
        }
    };
    (@arms [$($done:tt)*] $bind:pat = $arm:expr, if $if:expr => $do:expr, $($rest:tt)*) => {
        $crate::__heldby_select! {
            @arms [$($done)* $bind = $crate::__heldby_arm!($arm), if $if => { $do },] $($rest)*
        }
    };
    (@arms [$($done:tt)*] $bind:pat = $arm:expr, if $if:expr => $do:expr) => {
        $crate::__heldby_select! {
            @arms [$($done)* $bind = $crate::__heldby_arm!($arm), if $if => { $do },]
        }
    };
    (@arms [$($done:tt)*] $bind:pat = $arm:expr => $do:block, $($rest:tt)*) => {
        $crate::__heldby_select! {
            @arms [$($done)* $bind = $crate::__heldby_arm!($arm) => $do,] $($rest)*
        }
    };
    (@arms [$($done:tt)*] $bind:pat = $arm:expr => $do:block $($rest:tt)*) => {
        $crate::__heldby_select! {
            @arms [$($done)* $bind = $crate::__heldby_arm!($arm) => $do,] $($rest)*
        }
    };
    (@arms [$($done:tt)*] $bind:pat = $arm:expr => $do:expr, $($rest:tt)*) => {
        $crate::__heldby_select! {
            @arms [$($done)* $bind = $crate::__heldby_arm!($arm) => { $do },] $($rest)*
        }
    };
    (@arms [$($done:tt)*] $bind:pat = $arm:expr => $do:expr) => {
        $crate::__heldby_select! {
            @arms [$($done)* $bind = $crate::__heldby_arm!($arm) => { $do },]
        }
    };
    (biased; $($arms:tt)*) => {
        $crate::__heldby_select! { @arms [biased;] $($arms)* }
    };
    ($($arms:tt)*) => {
        $crate::__heldby_select! { @arms [] $($arms)* }
    };
}

/// An arm, marked; one that stays where it is goes on with what it holds when it is polled again.
#[doc(hidden)]
#[macro_export]
macro_rules! __heldby_arm {
    ($arm:expr) => {{
        #[allow(unused_imports, reason = "one of the two is used")]
        use $crate::__private::{Moves as _, Stays as _};
        let arm = ::std::future::IntoFuture::into_future($arm);
        let address = (&$crate::__private::Arm(&arm)).address();
        $crate::task::branch_at(address, arm)
    }};
}
