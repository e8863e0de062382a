use estimand::prelude::*;

fn main() -> Result<()> {
    let x: Array2<f32> = array![[1.0], [2.0]];
    let y: Array1<f64> = array![0.0, 1.0];
    Ridge::new().fit((&x, &y))?;
    Ok(())
}
