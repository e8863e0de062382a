"""Matrix decompositions and embeddings."""
from harness import quality as q
from harness.registry import Lib, case, fit_data, fit_x, iterations, new, sklearn, transform

FAMILY = "decomposition"
DECOMPOSITION = "sklearn.decomposition:"


def out_components(o, D, fitted, predicted):
    return {"components": o.components_}


for solver in ("full", "covariance_eigh", "randomized"):
    case(f"pca_{solver}", FAMILY, "pca_200k_100",
         sklearn(new(DECOMPOSITION + "PCA", n_components=20, svd_solver=solver, random_state=0), intelex=solver != "randomized"),
         fit_x, predict=transform, outputs=out_components, quality=q.explained_variance, note="20 components")
case("incremental_pca", FAMILY, "pca_200k_100", sklearn(new(DECOMPOSITION + "IncrementalPCA", n_components=20, batch_size=1000), intelex=False),
     fit_x, outputs=out_components, quality=q.explained_variance, note="20 components, batches of 1000")
for algorithm in ("randomized", "arpack"):
    case(f"tsvd_{algorithm}", FAMILY, "text_50k_100k",
         sklearn(new(DECOMPOSITION + "TruncatedSVD", n_components=20, algorithm=algorithm, random_state=0), intelex=False),
         fit_x, predict=transform, outputs=out_components, quality=q.explained_variance, note="CSR, 20 components")


class GivenNmf:
    def __init__(self, solver):
        self.solver = solver

    def fit(self, D):
        from sklearn.decomposition import NMF
        self.model = NMF(D["W0"].shape[1], init="custom", max_iter=50, tol=0, solver=self.solver)
        self.W = self.model.fit_transform(D["X"], W=D["W0"].copy(), H=D["H0"].copy())


case("nmf_cd", FAMILY, "nmf_10k_500",
     sklearn(lambda T: GivenNmf("cd"), intelex=False) | sklearn(lambda T: GivenNmf("mu"), intelex=False, tag="mu"),
     fit_data, outputs=lambda o, D, fitted, predicted: {"W": o.W, "H": o.model.components_} | iterations(o.model),
     quality=q.reconstruction, note="rank 20, given start, 50 iterations")


class GivenIca:
    def fit(self, D):
        from sklearn.decomposition import FastICA
        model = FastICA(len(D["w_init"]), w_init=D["w_init"], max_iter=30, tol=0.0, whiten="unit-variance", whiten_solver="eigh")
        self.sources = model.fit_transform(D["X"])


case("fastica", FAMILY, "ica_50k_50", sklearn(lambda T: GivenIca(), intelex=False), fit_data,
     outputs=lambda o, D, fitted, predicted: {"sources": o.sources}, quality=q.log_cosh, note="given start, 30 parallel iterations")

# ---------------------------------------------------------------- embeddings


class OpenTsne:
    def __init__(self, threads):
        import openTSNE
        self.model = openTSNE.TSNE(perplexity=30, early_exaggeration_iter=250, n_iter=250, initialization="pca", n_jobs=threads, random_state=0)

    def fit(self, X):
        self.embedding_ = self.model.fit(X)


def out_embedding(o, D, fitted, predicted):
    return {"embedding": o.embedding_}


case("tsne", FAMILY, "embed_10k_50",
     sklearn(new("sklearn.manifold:TSNE", jobs=True, init="pca", max_iter=500, random_state=0)) | {"openTSNE": Lib(OpenTsne)},
     fit_x, outputs=out_embedding, quality=q.tsne(30), note="perplexity 30, 500 iterations in all")
case("umap", FAMILY, "embed_20k_50", {"umap": Lib(new("umap:UMAP", jobs=True), warmup=True)},
     fit_x, outputs=out_embedding, quality=q.trust, note="defaults; compiling is not timed")
