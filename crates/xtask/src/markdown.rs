//! The little of Markdown that the checks read: fences, links, headings.

/// One line of a page and whether it stands inside a fenced block.
pub(crate) struct Line<'a> {
    /// One-based.
    pub(crate) number: usize,
    pub(crate) text: &'a str,
    /// The info string of the block that the line stands in; fence lines themselves count as inside.
    pub(crate) block: Option<&'a str>,
}

/// The lines of a page. Fences open with at least three backticks or tildes and close with the same.
pub(crate) fn lines(page: &str) -> Vec<Line<'_>> {
    let mut open: Option<(&str, &str)> = None;
    let mut lines = Vec::new();
    for (number, text) in page.lines().enumerate().map(|(i, l)| (i + 1, l)) {
        let start = text.trim_start();
        let fence = &start[..start.len() - start.trim_start_matches(['`', '~']).len()];
        let info = start[fence.len()..].trim();
        let mut block = open.map(|(_, info)| info);
        match open {
            None if fence.len() >= 3 && !info.contains('`') => {
                open = Some((fence, info));
                block = Some(info);
            }
            Some((opened, _))
                if fence.len() >= opened.len() && fence.starts_with(opened) && info.is_empty() =>
            {
                open = None
            }
            _ => {}
        }
        lines.push(Line { number, text, block });
    }
    lines
}

/// A line without its code spans.
pub(crate) fn prose(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("")
}

/// The targets of the links on a line of prose: `[text](target "title")`, `<target>` and `[key]: target`.
pub(crate) fn targets(line: &str) -> Vec<String> {
    let line = prose(line);
    let mut found = Vec::new();
    for (at, _) in line.match_indices("](") {
        let rest = &line[at + 2..];
        let mut depth = 1;
        let end = rest.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        if let Some(end) = end {
            found.extend(rest[..end].split_whitespace().next().map(str::to_string));
        }
    }
    if line.starts_with('[')
        && let Some((_, rest)) = line.split_once("]:")
    {
        found.extend(rest.split_whitespace().next().map(str::to_string));
    }
    found.iter().map(|t| t.trim_matches(['<', '>']).to_string()).collect()
}

/// The anchors of a page: its headings, as GitHub spells them.
pub(crate) fn anchors(page: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for line in lines(page).iter().filter(|l| l.block.is_none() && l.text.starts_with('#')) {
        let heading = line.text.trim_start_matches('#').trim();
        let slug: String = heading
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let repeats = anchors.iter().filter(|a| **a == slug).count();
        anchors.push(if repeats == 0 { slug } else { format!("{slug}-{repeats}") });
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_told_from_prose() {
        let page = "a\n```sh run\nb\n```\nc\n~~~~\n```\n~~~~\nd ```x``` e";
        let blocks: Vec<_> = lines(page).iter().map(|l| l.block).collect();
        let (sh, plain) = (Some("sh run"), Some(""));
        assert_eq!(blocks, [None, sh, sh, sh, None, plain, plain, plain, None]);
    }

    #[test]
    fn targets_are_found_outside_code() {
        assert_eq!(targets("see [a](x.md) and [`b`](y.md#z \"t\"), not `[c](d)`"), ["x.md", "y.md#z"]);
        assert_eq!(targets("[key]: ../a_(b).md"), ["../a_(b).md"]);
        assert_eq!(targets("[w](https://x.org/a_(b)) ![p](p.svg)"), ["https://x.org/a_(b)", "p.svg"]);
    }

    #[test]
    fn headings_become_anchors() {
        let page = "# A page: the `Ridge` walk\n```\n# code\n```\n## Twice\n## Twice";
        assert_eq!(anchors(page), ["a-page-the-ridge-walk", "twice", "twice-1"]);
    }
}
