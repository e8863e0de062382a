//! The workshop: the commands that keep the house in order.
//!
//! | `cargo xtask …` | what it does |
//! |---|---|
//! | `check` | everything below and the compiler's own checks, the cheapest first |
//! | `floors` | which crate may see which, which may name a guarded library, licence texts |
//! | `links` | links and anchors in all Markdown files |
//! | `readme` | runs the commands of the README that are marked to be run |
//! | `bridge` | formats, lints and tests the linfa bridge, a workspace of its own |

mod check;
mod floors;
mod links;
mod markdown;
mod readme;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// A summary line, or what is wrong.
type Outcome = Result<String, String>;

fn main() -> ExitCode {
    let root = root();
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("check") => check::run(&root),
        Some("floors") => floors::run(&root),
        Some("links") => links::run(&root),
        Some("readme") => readme::run(&root),
        Some("bridge") => check::bridge(&root),
        _ => Err("usage: cargo xtask check | floors | links | readme | bridge".into()),
    };
    match outcome {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

/// The repository: two levels above this crate.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// `cargo` in the repository.
fn cargo(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root);
    command
}

/// Runs a command with its output shown; any failure in words.
fn shell(mut command: Command) -> Result<(), String> {
    let said = format!("{command:?}").replace('"', "");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{said}: {status}")),
        Err(e) => Err(format!("{said}: {e}")),
    }
}
