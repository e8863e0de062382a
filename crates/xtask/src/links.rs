//! Every relative link of every Markdown file leads somewhere, every citation has its place in the
//! bibliography, and no page names a path of one machine.

use crate::{Outcome, markdown};
use std::path::{Path, PathBuf};

/// Beginnings of paths that exist on one machine only.
const MACHINE_PATHS: [&str; 6] = ["/home/", "/root/", "/Users/", "/work/", "/mnt/", "C:\\"];

/// Checks all Markdown files of the repository, and the citations of its code.
pub(crate) fn run(root: &Path) -> Outcome {
    let files = files(root, ".md")?;
    let (mut faults, mut count) = (citations(root)?, 0);
    for file in &files {
        let page = read(file)?;
        let shown = file.strip_prefix(root).unwrap_or(file).display();
        for line in markdown::lines(&page) {
            if let Some(path) = machine_path(line.text) {
                faults.push(format!("{shown}:{}: {path} is a path of one machine", line.number));
            }
            if line.block.is_some() {
                continue;
            }
            for target in markdown::targets(line.text) {
                count += 1;
                if let Err(fault) = check(file, &page, &target) {
                    faults.push(format!("{shown}:{}: {fault}", line.number));
                }
            }
        }
    }
    match faults.is_empty() {
        true => Ok(format!("{count} links in {} Markdown files", files.len())),
        false => Err(faults.join("\n")),
    }
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))
}

/// The files with this ending, in order, outside build folders and hidden ones.
fn files(root: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let kind = entry.file_type()?;
            if kind.is_dir() && !(name == "target" || name.starts_with('.') && name != ".github") {
                walk(&path, ending, found)?;
            } else if kind.is_file() && name.ends_with(ending) {
                found.push(path);
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(root, ending, &mut found).map_err(|e| format!("reading the tree: {e}"))?;
    found.sort();
    Ok(found)
}

/// Keys that comments of the code cite and the bibliography lacks.
fn citations(root: &Path) -> Result<Vec<String>, String> {
    let bibliography = read(&root.join("docs/bibliography.md"))?;
    let known: Vec<&str> = bibliography.lines().filter_map(|l| l.split('|').nth(1)).map(str::trim).collect();
    let mut faults = Vec::new();
    for file in files(root, ".rs")? {
        let code = read(&file)?;
        for (number, line) in code.lines().enumerate() {
            for key in line.split_once("//").into_iter().flat_map(|(_, comment)| cited(comment)) {
                if !known.contains(&key) {
                    let shown = file.strip_prefix(root).unwrap_or(&file).display();
                    faults.push(format!("{shown}:{}: [{key}] is not in docs/bibliography.md", number + 1));
                }
            }
        }
    }
    Ok(faults)
}

/// The keys that a comment cites: `[Lemire19]`, `[Bjorck87, eq. 2.5]`. A key is three letters or more, the first a capital,
/// and the two digits of the year.
fn cited(comment: &str) -> impl Iterator<Item = &str> {
    comment.split('[').skip(1).filter_map(|rest| {
        let key = rest.split([']', ',', '\\']).next()?;
        let name = key.trim_end_matches(|c: char| c.is_ascii_digit());
        let named = name.chars().count() >= 3 && name.starts_with(char::is_uppercase);
        (rest.len() > key.len()
            && key.len() == name.len() + 2
            && named
            && name.chars().all(char::is_alphabetic))
        .then_some(key)
    })
}

/// Whether one link of `page`, which is `file`, leads somewhere. Addresses on the web are not visited.
fn check(file: &Path, page: &str, target: &str) -> Result<(), String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return Ok(());
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(p, a)| (p, Some(a)));
    if path.starts_with('/') {
        return Err(format!("{target}: links are relative to the page"));
    }
    let destination = file.parent().unwrap_or(file).join(path);
    let elsewhere = match path {
        "" => None,
        _ if !destination.exists() => return Err(format!("{target}: there is no such file")),
        _ if anchor.is_some() => Some(read(&destination)?),
        _ => None,
    };
    match anchor {
        Some(anchor)
            if !markdown::anchors(elsewhere.as_deref().unwrap_or(page)).iter().any(|a| a == anchor) =>
        {
            Err(format!("{target}: there is no such heading"))
        }
        _ => Ok(()),
    }
}

/// The first path on the line that exists on one machine only.
fn machine_path(line: &str) -> Option<&str> {
    MACHINE_PATHS.iter().find_map(|start| {
        let at = line.match_indices(start).map(|(at, _)| at).find(|at| {
            // Inside a longer path or an address it means something else.
            !line[..*at]
                .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '_' | '-' | '>' | '}'))
        })?;
        line[at..].split([' ', '`', ')', '"', '\'']).next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_one_machine_are_found() {
        assert_eq!(machine_path("see `/home/ann/x.rs` there"), Some("/home/ann/x.rs"));
        assert_eq!(machine_path("cd /root/"), Some("/root/"));
        assert_eq!(machine_path("https://a.org/home/x and crates/work/x"), None);
    }

    #[test]
    fn citations_are_told_from_other_brackets() {
        let comment = r"see [Lemire19], \[Nocedal80\] and [Bjorck87, eq. 2.5], not [`Fit`], [x32], [U16], [a](b) or [Chan1983]";
        assert_eq!(cited(comment).collect::<Vec<_>>(), ["Lemire19", "Nocedal80", "Bjorck87"]);
    }

    #[test]
    fn links_must_lead_somewhere() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("PAGE.md");
        let follow = |target: &str| check(&here, "# A heading\n", target);
        for good in ["Cargo.toml", "src/../src", "#a-heading", "https://nowhere.invalid/x", "mailto:a@b.c"] {
            assert_eq!(follow(good), Ok(()), "{good}");
        }
        for bad in ["Cargo.tom", "#another-heading", "/Cargo.toml", "src/links.rs#nothing"] {
            assert!(follow(bad).is_err(), "{bad}");
        }
    }
}
