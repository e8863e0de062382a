use estimand_ensemble::RandomTreesEmbedding;
use estimand_testkit::transformer;

const WHOLE: &str = "weights are repetitions, and such as are no whole numbers are refused";

#[test]
fn random_trees_embedding() {
    for settings in
        [RandomTreesEmbedding::new().n_trees(9), RandomTreesEmbedding::new().n_trees(4).max_depth(9)]
    {
        transformer(settings).rows(3000).except("weights_of_sparse_records_agree", WHOLE).saved().run();
    }
}
