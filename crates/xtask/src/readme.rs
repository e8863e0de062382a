//! The commands of the README that are marked to be run: blocks whose fence reads `sh run`.

use crate::{Outcome, cargo, markdown, shell};
use std::path::Path;

/// Runs each marked command in the repository.
pub(crate) fn run(root: &Path) -> Outcome {
    let page = std::fs::read_to_string(root.join("README.md")).map_err(|e| format!("README.md: {e}"))?;
    let commands = commands(&page);
    for command in &commands {
        println!("$ {command}");
        let words: Vec<&str> = command.split_whitespace().collect();
        match words.split_first() {
            Some((&"cargo", args)) => shell(cargo(root, args))?,
            _ => return Err(format!("`{command}`: a marked command must need nothing but cargo")),
        }
    }
    match commands.len() {
        0 => Err("README.md marks no command with `sh run`".into()),
        count => Ok(format!("README commands run: {count}")),
    }
}

/// The marked commands, without comments.
fn commands(page: &str) -> Vec<&str> {
    let marked =
        markdown::lines(page).into_iter().filter(|l| l.block == Some("sh run") && !l.text.starts_with("```"));
    marked
        .map(|l| l.text.split(" #").next().unwrap_or_default().trim())
        .filter(|c| !c.is_empty() && !c.starts_with('#'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marked_commands_are_taken() {
        let page = "```sh\ncargo install x\n```\n```sh run\n# first\ncargo run   # shows it\n\ncargo xtask floors\n```\n";
        assert_eq!(commands(page), ["cargo run", "cargo xtask floors"]);
    }
}
