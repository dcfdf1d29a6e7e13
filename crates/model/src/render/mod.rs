//! Views of the data: text, one line, DOT, and what views by file show.
//!
//! The data is the truth; a view may shorten it to fit and never says what the data does not.

mod dot;
mod fit;
mod held;
mod interleaving;
mod interruption;
mod lock_stats;
mod marks;
mod one_line;
mod page;
mod paint;
mod proof;
mod snippet;
mod source;
mod stacks;
mod table;
mod text;
mod threads;

pub use dot::dot;
pub use lock_stats::lock_stats;
pub use marks::{Mark, Part, caller, marks};
pub use one_line::one_line;
pub use page::printable;
pub use paint::wants_colour;
pub use source::{SourceFiles, Sources};
pub use text::{TextOptions, text};
pub use threads::threads;

/// The report as [`text`], with the default options.
impl std::fmt::Display for crate::Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text(self, TextOptions::default()))
    }
}
