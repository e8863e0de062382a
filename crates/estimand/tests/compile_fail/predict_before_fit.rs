use estimand::prelude::*;

fn main() -> Result<()> {
    let x = array![[1.0], [2.0]];
    Ridge::new().predict(&x)?;
    Ok(())
}
