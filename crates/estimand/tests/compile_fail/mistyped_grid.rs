use estimand::prelude::*;

fn main() -> Result<()> {
    let _ = grid!(Ridge::new(), fit_intercept: [0.1, 1.0]);
    Ok(())
}
