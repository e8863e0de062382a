use estimand::prelude::*;

fn main() -> Result<()> {
    let _ = grid!(Ridge::new(), alhpa: [0.1, 1.0]);
    Ok(())
}
