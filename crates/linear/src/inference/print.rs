//! Summaries as tables, as wide as a page: numbers of the whole fit in two columns, a line for each coefficient, notes.

use super::{Coefficient, GlmSummary, RegressionSummary, Test};
use std::fmt::{Display, Formatter, Result};

/// Width of a page.
const WIDTH: usize = 78;
/// Widths of the numbers of a coefficient.
const NUMBERS: [usize; 6] = [10, 10, 10, 8, 10, 10];

impl Display for RegressionSummary {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        title(f, "Least squares")?;
        columns(
            f,
            &[
                ("Rows", number(self.n)),
                ("Df residuals", number(self.df_residual)),
                ("Df model", number(self.df_model)),
                ("Residual std err", number(self.scale.sqrt())),
                ("Log-likelihood", number(self.log_likelihood)),
            ],
            &[
                ("R²", format!("{:.4}", self.r2)),
                ("Adjusted R²", format!("{:.4}", self.adjusted_r2)),
                ("F", test(self.f)),
                ("AIC", number(self.aic)),
                ("BIC", number(self.bic)),
            ],
        )?;
        coefficients(f, &self.coefficients, "t")?;
        columns(
            f,
            &[
                ("Omnibus", test(self.omnibus)),
                ("Skew", format!("{:.3}", self.skew)),
                ("Kurtosis", format!("{:.3}", self.kurtosis)),
            ],
            &[
                ("Durbin–Watson", format!("{:.3}", self.durbin_watson)),
                ("Jarque–Bera", test(self.jarque_bera)),
                ("Condition number", number(self.condition_number)),
            ],
        )?;
        notes(f, "Errors are taken to be independent and of equal variance.", &self.notes)
    }
}

impl Display for GlmSummary {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        title(f, &format!("Generalised linear model: {}, {} link", self.family, self.link))?;
        let optional = |v: Option<f64>| v.map_or_else(|| "–".into(), number);
        columns(
            f,
            &[
                ("Rows", number(self.n)),
                ("Df residuals", number(self.df_residual)),
                ("Df model", number(self.df_model)),
                ("Scale", number(self.scale)),
                ("Iterations", self.report.iterations.to_string()),
            ],
            &[
                ("Log-likelihood", optional(self.log_likelihood)),
                ("Deviance (null)", format!("{} ({})", number(self.deviance), number(self.null_deviance))),
                ("Pearson χ²", number(self.pearson_chi2)),
                ("Pseudo R² (CS)", format!("{:.4}", self.pseudo_r2())),
                ("AIC, BIC", format!("{}, {}", optional(self.aic), optional(self.bic))),
            ],
        )?;
        coefficients(f, &self.coefficients, "z")?;
        notes(f, "Rows are taken to be independent, and their variance to follow their mean.", &self.notes)
    }
}

fn rule(f: &mut Formatter<'_>, with: char) -> Result {
    writeln!(f, "{}", String::from(with).repeat(WIDTH))
}

fn title(f: &mut Formatter<'_>, text: &str) -> Result {
    writeln!(f, "{}", format!("{text:^WIDTH$}").trim_end())?;
    rule(f, '=')
}

/// Two columns of names and values.
fn columns(f: &mut Formatter<'_>, left: &[(&str, String)], right: &[(&str, String)]) -> Result {
    for ((a, b), (c, d)) in left.iter().zip(right) {
        let width = WIDTH / 2 - 2;
        let cell = |name: &str, value: &str| {
            let gap = width.saturating_sub(name.chars().count() + value.chars().count() + 1).max(1);
            format!("{name}:{}{value}", " ".repeat(gap))
        };
        writeln!(f, "{}    {}", cell(a, b), cell(c, d))?;
    }
    rule(f, '=')
}

fn coefficients(f: &mut Formatter<'_>, lines: &[Coefficient], statistic: &str) -> Result {
    let longest = lines.iter().map(|c| c.name.chars().count()).max().unwrap_or(0);
    let room = longest.max(WIDTH - NUMBERS.iter().sum::<usize>());
    let line = |f: &mut Formatter<'_>, name: &str, cells: [String; 6]| {
        write!(f, "{name:<room$}")?;
        NUMBERS.iter().zip(cells).try_for_each(|(width, cell)| write!(f, "{cell:>width$}"))?;
        writeln!(f)
    };
    let p = format!("P>|{statistic}|");
    line(f, "", ["coef".into(), "std err".into(), statistic.into(), p, "[0.025".into(), "0.975]".into()])?;
    rule(f, '-')?;
    for c in lines {
        let (low, high) = c.interval;
        let statistic =
            if c.statistic.abs() < 1e5 { format!("{:.3}", c.statistic) } else { number(c.statistic) };
        let p = if c.p_value.is_nan() { number(c.p_value) } else { format!("{:.3}", c.p_value) };
        let cells = [number(c.estimate), number(c.std_error), statistic, p, number(low), number(high)];
        line(f, &c.name, cells)?;
    }
    rule(f, '=')
}

fn notes(f: &mut Formatter<'_>, first: &str, notes: &[String]) -> Result {
    write!(f, "[1] {first}")?;
    notes.iter().enumerate().try_for_each(|(i, note)| write!(f, "\n[{}] {note}", i + 2))
}

fn test(test: Test) -> String {
    format!("{} (p = {:.3})", number(test.statistic), test.p_value)
}

/// Whole numbers as they are; else four decimals, or four digits and an exponent where those say too little.
fn number(v: f64) -> String {
    let size = v.abs();
    if v.is_nan() {
        "–".into()
    } else if v == v.trunc() && size < 1e9 {
        format!("{v}")
    } else if (1e-3..1e5).contains(&size) {
        let decimals = if size < 1e3 { 4 } else { 1 };
        format!("{v:.decimals$}")
    } else {
        format!("{v:.3e}")
    }
}
