//! Which order is declared.

use std::fs;
use std::path::{Path, PathBuf};

use heldby_model::config::ConfigError;

use super::{Config, config_file};
use crate::declared::NamedOrder;

impl Config {
    /// Reads the order that `HELDBY_ORDER` names, else `order` in the file of the allowances, which is
    /// relative to that file.
    pub(super) fn find_order(&mut self) -> Result<(), String> {
        let beside = |order: &String| {
            let named = std::env::var_os("HELDBY_CONFIG");
            Path::new(config_file(named.as_deref())).with_file_name(order)
        };
        let named = std::env::var_os("HELDBY_ORDER").map(PathBuf::from);
        let Some(file) = named.or_else(|| self.allowances.order.as_ref().map(beside)) else {
            return Ok(());
        };
        let name = file.display().to_string();
        let text = fs::read_to_string(&file)
            .map_err(|error| format!("failed to read `{name}`: {error}; no order is enforced"))?;
        let order = NamedOrder::read(&text, &name);
        self.order = Some(order.map_err(|error| format!("{error}; no order is enforced"))?);
        Ok(())
    }

    /// Has every new dependency judged by the declared order `text`; `file` is what errors and reports
    /// call it.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn order(mut self, text: &str, file: &str) -> Result<Self, ConfigError> {
        self.order = Some(NamedOrder::read(text, file)?);
        Ok(self)
    }
}
