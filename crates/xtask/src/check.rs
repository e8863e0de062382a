//! Every check, the cheapest first; the first failure ends the run.

use crate::{Outcome, cargo, floors, links, readme, shell};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

/// Features of the facade whose code and pages are checked too.
const OPTIONS: &str = "estimand/plot";

/// What became of a step that did not fail.
enum Step {
    Done,
    /// This machine lacks the tool; how to get it.
    Skipped(&'static str),
}

/// All checks. A machine without rustfmt or clippy skips those steps, and the last line says so.
pub(crate) fn run(root: &Path) -> Outcome {
    let start = Instant::now();
    let steps: [(&str, fn(&Path) -> Result<Step, String>); 9] = [
        ("formatting", formatting),
        ("floors", |root| floors::run(root).map(told)),
        ("links", |root| links::run(root).map(told)),
        ("clippy", clippy),
        ("tests", tests),
        ("doctests", |root| {
            shell(cargo(root, &["test", "--workspace", "--doc", "--features", OPTIONS])).map(|()| Step::Done)
        }),
        ("documentation", documentation),
        ("README commands", |root| readme::run(root).map(told)),
        ("linfa bridge", |root| bridge(root).map(told)),
    ];
    let mut skipped = Vec::new();
    for (name, step) in steps {
        println!("── {name}");
        let start = Instant::now();
        match step(root).map_err(|fault| format!("{fault}\n── {name}: FAILED"))? {
            Step::Done => println!("── {name}: ok, {:.1} s", start.elapsed().as_secs_f64()),
            Step::Skipped(remedy) => {
                println!("── {name}: SKIPPED, {remedy}");
                skipped.push(name);
            }
        }
    }
    let skipped =
        if skipped.is_empty() { String::new() } else { format!("; SKIPPED: {}", skipped.join(", ")) };
    Ok(format!("── all checks passed in {:.0} s{skipped}", start.elapsed().as_secs_f64()))
}

fn told(summary: String) -> Step {
    println!("{summary}");
    Step::Done
}

/// Whether `cargo <subcommand>` is installed here.
fn has(root: &Path, subcommand: &str) -> bool {
    let mut ask = cargo(root, &[subcommand, "--version"]);
    ask.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn formatting(root: &Path) -> Result<Step, String> {
    if !has(root, "fmt") {
        return Ok(Step::Skipped("rustfmt is not installed: rustup component add rustfmt"));
    }
    shell(cargo(root, &["fmt", "--all", "--check"])).map(|()| Step::Done)
}

fn clippy(root: &Path) -> Result<Step, String> {
    if !has(root, "clippy") {
        return Ok(Step::Skipped("clippy is not installed: rustup component add clippy"));
    }
    let args = ["clippy", "--workspace", "--all-targets", "--features", OPTIONS, "--", "-D", "warnings"];
    shell(cargo(root, &args)).map(|()| Step::Done)
}

fn tests(root: &Path) -> Result<Step, String> {
    let args: &[&str] = match has(root, "nextest") {
        true => &["nextest", "run", "--workspace", "--lib", "--bins", "--tests"],
        false => &["test", "--workspace", "--lib", "--bins", "--tests"],
    };
    shell(cargo(root, args)).map(|()| Step::Done)
}

fn documentation(root: &Path) -> Result<Step, String> {
    let mut command = cargo(root, &["doc", "--workspace", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    shell(command).map(|()| Step::Done)
}

/// The linfa bridge resolves on its own, because linfa needs an older ndarray.
pub(crate) fn bridge(root: &Path) -> Outcome {
    let home = root.join("crates/linfa-bridge");
    if has(root, "fmt") {
        shell(cargo(&home, &["fmt", "--check"]))?;
    }
    if has(root, "clippy") {
        shell(cargo(&home, &["clippy", "--all-targets", "--", "-D", "warnings"]))?;
    }
    shell(cargo(&home, &["test"]))?;
    Ok("the bridge builds and passes its tests".into())
}
