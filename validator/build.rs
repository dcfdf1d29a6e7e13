//! Exists so that `links` is accepted, which makes Cargo refuse two engines in one program.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
