//! The floors: edges between crates go strictly down, and some libraries have one keeper.

use crate::{Outcome, cargo};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The house from the ground up. A crate may depend on crates of earlier lines only; where crates of
/// one floor build on one another, the floor has two lines.
#[rustfmt::skip]
const FLOORS: [(&str, &[&str]); 7] = [
    ("ground", &["core"]),
    ("tools", &["par", "kernels"]),
    ("tools", &["metrics"]),
    ("shared machinery", &["linalg", "loss", "grow"]),
    ("shared machinery", &["optim", "index"]),
    ("families", &["datasets", "preprocessing", "linear", "bayes", "tree", "ensemble", "svm", "gaussian-process", "neighbors", "cluster", "model-selection", "compose", "plot"]),
    ("front door", &["estimand"]),
];

/// Never published; may depend on anything, and everything may use it in tests.
const WORKSHOP: [&str; 5] = ["testkit", "parity", "xtask", "bench", "bench-protocol"];

/// Libraries that one crate alone may name, so that exchanging them stays a local matter.
const KEEPERS: [(&str, &str); 4] =
    [("rayon", "par"), ("faer", "linalg"), ("bincode", "core"), ("matrixmultiply", "linalg")];

/// A dependency of the crate `from`, by folder name where it is one of ours.
#[derive(Debug)]
struct Edge {
    from: String,
    to: String,
    ours: bool,
    for_tests: bool,
}

/// Checks the workspace as `cargo metadata` describes it.
pub(crate) fn run(root: &Path) -> Outcome {
    let output = cargo(root, &["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let metadata: Value =
        serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))?;
    let (members, edges) = graph(&metadata);
    let mut faults = faults(&members, &edges);
    for member in members.iter().filter(|m| floor_of(m).is_some()) {
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            if !root.join("crates").join(member).join(licence).is_file() {
                faults.push(format!(
                    "{member} is published without {licence}: link it to ../../docs/{licence}"
                ));
            }
        }
    }
    match faults.is_empty() {
        true => Ok(format!(
            "{} crates, {} edges between them, all downwards",
            members.len(),
            edges.iter().filter(|e| e.ours).count()
        )),
        false => Err(faults.join("\n")),
    }
}

/// Our crates by folder name, and every direct dependency of each.
fn graph(metadata: &Value) -> (Vec<String>, Vec<Edge>) {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_string();
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let folders: BTreeMap<String, String> =
        packages.iter().map(|p| (text(&p["name"]), folder(&text(&p["name"])))).collect();
    let mut edges = Vec::new();
    for package in packages {
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let name = text(&dependency["name"]);
            edges.push(Edge {
                from: folder(&text(&package["name"])),
                ours: folders.contains_key(&name),
                to: folders.get(&name).cloned().unwrap_or(name),
                for_tests: dependency["kind"] == "dev",
            });
        }
    }
    (folders.into_values().collect(), edges)
}

/// `estimand-linear` lives in `linear`, `estimand` in `estimand`.
fn folder(package: &str) -> String {
    package.strip_prefix("estimand-").unwrap_or(package).into()
}

/// The line of [`FLOORS`] that a crate stands on; none for the workshop and for strangers.
fn floor_of(name: &str) -> Option<usize> {
    FLOORS.iter().position(|(_, rooms)| rooms.contains(&name))
}

/// Every crate without a floor, edge that does not go down, and library outside its keeper's hands.
fn faults(members: &[String], edges: &[Edge]) -> Vec<String> {
    let workshop = |name: &str| WORKSHOP.contains(&name);
    let mut faults = Vec::new();
    for name in members.iter().filter(|m| floor_of(m).is_none() && !workshop(m)) {
        faults.push(format!("{name} has no floor: give it one in crates/xtask/src/floors.rs"));
    }
    for edge in edges.iter().filter(|e| !workshop(&e.from)) {
        let Edge { from, to, .. } = edge;
        if !edge.ours {
            if let Some((library, keeper)) =
                KEEPERS.iter().find(|(l, k)| *l == to.as_str() && *k != from.as_str())
            {
                faults.push(format!("{from} names {library}, which only {keeper} may"));
            }
        } else if workshop(to) {
            if !edge.for_tests {
                faults.push(format!("{from} → {to}: the workshop is for tests only"));
            }
        } else if let (Some(upper), Some(lower)) = (floor_of(from), floor_of(to))
            && lower >= upper
        {
            let way = if FLOORS[lower].0 == FLOORS[upper].0 { "sideways" } else { "upwards" };
            faults.push(format!("{from} ({}) → {to} ({}): an edge {way}", FLOORS[upper].0, FLOORS[lower].0));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str) -> Edge {
        Edge {
            from: from.into(),
            to: to.into(),
            ours: !KEEPERS.iter().any(|(l, _)| *l == to),
            for_tests: false,
        }
    }
    fn faults_of(edge: Edge) -> Vec<String> {
        faults(&[], &[edge])
    }

    #[test]
    fn edges_down_are_allowed() {
        for (from, to) in [
            ("linear", "core"),
            ("optim", "linalg"),
            ("metrics", "par"),
            ("estimand", "linear"),
            ("par", "rayon"),
        ] {
            assert_eq!(faults_of(edge(from, to)), [""; 0], "{from} → {to}");
        }
    }

    #[test]
    fn edges_up_and_sideways_are_refused() {
        for (from, to, word) in [
            ("core", "par", "upwards"),
            ("linalg", "optim", "sideways"),
            ("linear", "preprocessing", "sideways"),
            ("metrics", "linear", "upwards"),
            ("compose", "estimand", "upwards"),
            ("linear", "linear", "sideways"),
        ] {
            let faults = faults_of(edge(from, to));
            assert!(faults.len() == 1 && faults[0].contains(word), "{from} → {to}: {faults:?}");
            let tested = faults_of(Edge { for_tests: true, ..edge(from, to) });
            assert_eq!(tested.len(), 1, "a test may not look up either: {from} → {to}");
        }
    }

    #[test]
    fn the_workshop_is_for_tests_and_free_itself() {
        assert_eq!(faults_of(edge("linear", "testkit")).len(), 1);
        assert!(faults_of(Edge { for_tests: true, ..edge("linear", "testkit") }).is_empty());
        assert!(faults_of(edge("parity", "estimand")).is_empty());
    }

    #[test]
    fn libraries_have_one_keeper() {
        assert_eq!(faults_of(edge("linear", "rayon")).len(), 1);
        assert_eq!(faults_of(edge("optim", "faer")).len(), 1);
    }

    #[test]
    fn strangers_are_reported() {
        assert_eq!(faults(&["attic".into(), "core".into(), "xtask".into()], &[]).len(), 1);
    }

    #[test]
    fn the_graph_is_read_from_metadata() {
        let metadata = serde_json::json!({"packages": [
            {"name": "estimand-core", "dependencies": []},
            {"name": "estimand-linear", "dependencies": [
                {"name": "estimand-core", "kind": null},
                {"name": "estimand-core", "kind": "dev"},
                {"name": "rayon", "kind": null},
            ]},
        ]});
        let (members, edges) = graph(&metadata);
        assert_eq!(members, ["core", "linear"]);
        let seen: Vec<_> =
            edges.iter().map(|e| (e.from.as_str(), e.to.as_str(), e.ours, e.for_tests)).collect();
        assert_eq!(
            seen,
            [
                ("linear", "core", true, false),
                ("linear", "core", true, true),
                ("linear", "rayon", false, false)
            ]
        );
        assert_eq!(faults(&members, &edges), ["linear names rayon, which only par may"]);
    }
}
