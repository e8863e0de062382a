use estimand::prelude::*;

fn main() -> Result<()> {
    let x = array![[1.0], [2.0]];
    let y = array![0.0, 1.0];
    LogisticRegression::new().fit((&x, &y))?;
    Ok(())
}
