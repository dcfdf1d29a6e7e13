//! A declared order where locks have no names: what they are known by when lines have moved.

use heldby_validator::{Acquire, Config, LockMap, Mode, Site, Validator, acquire, enter, release};

use crate::rig::{LOCK, Rig, class, quiet, short};

/// A declaration made when the locks of this file stood `moved` lines further down: one layer for
/// each, in this order, and a named one below.
fn order(lines: &[u32], moved: u32) -> Config {
    let layer = |(number, line): (u32, &u32)| {
        let (file, line) = (file!(), line + moved);
        let lock =
            format!("{{ file = '{file}', type = 'test::Lock', number = {number}, line = {line} }}");
        format!("[[layer]]\nlocks = [{lock}]\n")
    };
    let layers: String = (1..).zip(lines).map(layer).collect();
    let named = "[[layer]]\nlocks = ['declared_named']\n";
    let text = format!("format = 1\n{layers}{named}");
    quiet().order(&text, "order.toml").expect("a good order")
}

/// What is found when each pair of locks is nested in turn.
fn found(config: Config, pairs: &[[&LockMap; 2]]) -> Vec<String> {
    let validator = Validator::new(config);
    enter(&validator, || {
        for [outer, inner] in pairs {
            acquire(outer, &LOCK, Mode::Write, Site::caller()).acquired();
            acquire(inner, &LOCK, Mode::Write, Site::caller()).acquired();
            release(inner);
            release(outer);
        }
    });
    validator.reports().iter().map(short).collect()
}

#[test]
fn a_lock_is_known_by_its_line_until_lines_have_moved() {
    let first = LockMap::new();
    let second = LockMap::new();
    let third = LockMap::new();
    let lines = [line!() - 3, line!() - 2, line!() - 1];
    let named = LockMap::of_class(class("declared_named"));
    let name = |line: u32| format!("Rig@declared.rs:{line}");
    let pairs = [
        [&first, &second],
        [&first, &third],
        [&third, &second],
        [&third, &named],
        [&named, &second],
    ];
    let of_named = format!("HB0401 declared_named {}", name(lines[1]));
    let of_lines = format!("HB0401 {} {}", name(lines[2]), name(lines[1]));
    assert_eq!(
        found(order(&lines, 0), &pairs),
        [of_lines, of_named.clone()]
    );
    // They may be any of the three now; that the named one stands below them is still known.
    let moved = found(order(&lines, 100), &pairs);
    assert_eq!(moved, std::slice::from_ref(&of_named));
    // Two of them stand on lines of others; the third tells that they moved.
    assert_eq!(found(order(&lines, 1), &pairs[1..]), [of_named]);
}

#[test]
fn a_lock_that_is_alone_of_its_type_in_its_file_is_known_by_that() {
    let alone = LockMap::new();
    let line = line!() - 1;
    let named = LockMap::of_class(class("declared_named"));
    let config = || order(&[line], 50);
    assert!(found(config(), &[[&alone, &named]]).is_empty());
    assert_eq!(
        found(config(), &[[&named, &alone]]),
        [format!("HB0401 declared_named Rig@declared.rs:{line}")]
    );
}

#[test]
fn a_lock_on_the_line_that_another_one_had_is_taken_for_that_until_a_line_tells() {
    let first = LockMap::new();
    let second = LockMap::new();
    let line = line!() - 2;
    let named = LockMap::of_class(class("declared_named"));
    // As it stood one line further up.
    let lock = |number: u32, line: u32| {
        let file = file!();
        format!("{{ file = '{file}', type = 'test::Lock', number = {number}, line = {line} }}")
    };
    let (above, after) = (lock(1, line - 1), lock(2, line));
    let layers = [above, "'declared_named'".to_owned(), after];
    let layers = layers.map(|lock| format!("[[layer]]\nlocks = [{lock}]\n"));
    let text = format!("format = 1\n{}", layers.concat());
    let config = || quiet().order(&text, "order.toml").expect("a good order");
    let alarm = format!("HB0401 Rig@declared.rs:{line} declared_named");
    assert_eq!(found(config(), &[[&first, &named]]), [alarm]);
    // The second one, seen first, stands where none stood.
    assert!(found(config(), &[[&named, &second], [&first, &named]]).is_empty());
}

#[test]
fn a_dependency_is_said_once_whatever_its_kinds() {
    let text = "format = 1\n[[layer]]\nlocks = ['onceB']\n[[layer]]\nlocks = ['onceA']\n";
    let config = quiet().order(text, "order.toml").expect("a good order");
    let mut rig = Rig::with(config);
    // The weakest first: a stronger one implies the others.
    rig.run("T1: R(onceA) R(onceB) u(onceB) u(onceA)");
    rig.run("T1: R(onceA) w(onceB) u(onceB) u(onceA)");
    rig.run("T1: w(onceA) w(onceB) u(onceB) u(onceA)");
    assert_eq!(rig.verdict(), ["HB0401 onceA onceB"]);
}

#[test]
fn a_lock_that_gets_another_class_is_judged_as_of_that() {
    let layers =
        ["movedA", "movedB", "movedC"].map(|name| format!("[[layer]]\nlocks = ['{name}']\n"));
    let text = format!("format = 1\n{}", layers.concat());
    let validator = Validator::new(quiet().order(&text, "order.toml").expect("a good order"));
    let task = validator.task("T");
    let [outer, inner] = ["movedB", "movedC"].map(|name| LockMap::of_class(class(name)));
    let at = |line| Site::intern("a.rs", line, 1);
    for (line, map) in [(1, &outer), (2, &inner)] {
        task.acquire(map, Acquire::new(&LOCK, Mode::Write, at(line)));
    }
    assert!(validator.reports().is_empty());
    task.set_class(&inner, class("movedA"), 0, at(3));
    let found: Vec<_> = validator.reports().iter().map(short).collect();
    assert_eq!(found, ["HB0401 movedB movedA"]);
}
