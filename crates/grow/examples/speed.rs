use estimand_core::{Records, Seed};
use estimand_grow::exact::*;
use ndarray::Array2;
use std::time::Instant;
fn read(p: &str) -> Vec<f64> {
    std::fs::read(p).unwrap().chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let kind = &args[1];
    let random = args[2] == "et";
    let features: usize = args[3].parse().unwrap();
    let trees: usize = args[4].parse().unwrap();
    let boot = args.len() > 5;
    let x = Array2::from_shape_vec((100_000, 20), read(&format!("/tmp/t/{kind}.X"))).unwrap();
    let y = read(&format!("/tmp/t/{kind}.y"));
    let codes: Vec<u32> = y.iter().map(|v| *v as u32).collect();
    let t = Instant::now();
    let r: Records<'_, f64> = (&x).into();
    let columns = if random { Columns::raw(r, &[]) } else { Columns::ranked(r, &[]) }.unwrap();
    println!("columns {:.4}", t.elapsed().as_secs_f64());
    let (response, criterion) = if kind == "clf" { (Response::Classes(&codes, 2), Criterion::Gini) } else { (Response::Numbers(&y, 1), Criterion::SquaredError) };
    let mut growth = Growth::new(criterion);
    growth.max_features = features;
    let t = Instant::now();
    let mut nodes = 0;
    for i in 0..trees {
        let mut w = vec![0.0; 100_000];
        if boot {
            let mut s = Seed(i as u64).stream(0);
            for _ in 0..100_000 { w[estimand_core::random::below(100_000, &mut s)] += 1.0; }
        }
        let tree = grow(&columns, response, boot.then_some(&w[..]), &growth, Seed(i as u64));
        nodes = tree.n_nodes();
        if i == 0 { println!("nodes {nodes} depth {}", tree.depth()); }
    }
    println!("{:.4} s per tree, {nodes} nodes", t.elapsed().as_secs_f64() / trees as f64);
}
