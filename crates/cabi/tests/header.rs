//! The header that is kept is the one that cbindgen makes; `UPDATE_EXPECT=1` writes it.

use std::fs;
use std::path::Path;

use expect_test::expect_file;

/// The sources in the order in which their parts stand in the header.
const SOURCES: [&str; 10] = [
    "install",
    "lock_type",
    "class",
    "lock",
    "acquire",
    "held",
    "stabilised",
    "sink",
    "look",
    "thread",
];

const TOP: &str = include_str!("../header/top.h");
const END: [&str; 4] = [
    include_str!("../header/off.h"),
    include_str!("../header/macros.h"),
    include_str!("../header/kernel_names.h"),
    include_str!("../header/end.h"),
];

#[test]
fn the_header_is_the_one_that_is_made() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(here.join("cbindgen.toml"));
    let config = cbindgen::Config {
        header: Some(TOP.trim_end().to_owned()),
        trailer: Some(END.join("\n").trim_end().to_owned()),
        ..config.expect("cbindgen.toml is right")
    };
    let sources = SOURCES.map(|name| here.join(format!("src/{name}.rs")));
    let builder = cbindgen::Builder::new().with_config(config);
    let builder = sources.iter().fold(builder, cbindgen::Builder::with_src);
    let bindings = builder.generate().expect("the sources are Rust");
    let mut made = Vec::new();
    bindings.write(&mut made);
    let made = String::from_utf8(made).expect("a header is text");
    expect_file!["../include/heldby.h"].assert_eq(&made);
}

#[test]
fn no_source_with_an_exported_function_is_left_out() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(sources).expect("the sources can be listed") {
        let file = entry.expect("it can be read").path();
        let name = file.file_stem().and_then(|name| name.to_str());
        let name = name.expect("a source has a name");
        let text = fs::read_to_string(&file).expect("a source is text");
        assert_eq!(
            text.contains("no_mangle"),
            SOURCES.contains(&name) && name != "lock_type",
            "{name}"
        );
    }
}
