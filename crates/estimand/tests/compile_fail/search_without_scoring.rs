use estimand::prelude::*;

fn main() -> Result<()> {
    let data = datasets::breast_cancer();
    GridSearch::new(grid!(LogisticRegression::new(), c: [0.1, 1.0])).fit(&data)?;
    Ok(())
}
