use estimand::prelude::*;

fn main() -> Result<()> {
    let pipeline = StandardScaler::new().then(Ridge::new());
    let _ = grid!(pipeline, last.alhpa: [0.1, 1.0]);
    Ok(())
}
