"""Clustering and mixtures."""
import numpy as np

from harness import quality as q
from harness.registry import Lib, case, fit_data, fit_predict, fit_x, iterations, new, out_labels, sklearn

FAMILY = "cluster"
CLUSTER = "sklearn.cluster:"

# ---------------------------------------------------------------- k-means: given start, 20 Lloyd rounds


class LloydKMeans:
    def __init__(self, algorithm):
        self.algorithm = algorithm

    def fit(self, D):
        from sklearn.cluster import KMeans
        init = D["init"].astype(D["X"].dtype)
        self.model = KMeans(len(init), init=init, n_init=1, max_iter=20, tol=0, algorithm=self.algorithm).fit(D["X"])
        self.cluster_centers_, self.n_iter_ = self.model.cluster_centers_, self.model.n_iter_


class FaissKMeans:
    n_iter_ = 20

    def __init__(self, threads):
        import faiss
        faiss.omp_set_num_threads(threads)

    def fit(self, D):
        import faiss
        X, init = D["X"], D["init"]
        model = faiss.Kmeans(X.shape[1], len(init), niter=self.n_iter_, nredo=1, max_points_per_centroid=len(X), min_points_per_centroid=1, seed=0)
        model.train(X, init_centroids=init)
        self.cluster_centers_ = model.centroids
        model.index.search(X, 1)        # the labels that scikit-learn's fit also returns


class DrawnKMeans:
    """Five seeds one after another, as one of them decides how many rounds are needed; kept is the median by inertia."""

    def fit(self, X):
        from sklearn.cluster import KMeans
        models = [KMeans(100, n_init=1, random_state=seed).fit(X) for seed in range(5)]
        kept = sorted(models, key=lambda model: model.inertia_)[2]
        self.cluster_centers_, self.n_iter_ = kept.cluster_centers_, kept.n_iter_


def out_centers(o, D, fitted, predicted):
    return {"centers": o.cluster_centers_} | iterations(o)


for name, data in (("kmeans_k10", "km_1m_20"), ("kmeans_k100", "km_200k_50"), ("kmeans_k1000", "km_100k_64")):
    elkan = {} if name == "kmeans_k1000" else sklearn(lambda T: LloydKMeans("elkan"), tag="elkan", intelex=False)
    case(name, FAMILY, data,
         sklearn(lambda T: LloydKMeans("lloyd")) | sklearn(lambda T: LloydKMeans("lloyd"), tag="f32", f32=True) | elkan
         | {"faiss:f32": Lib(FaissKMeans, f32=True)},
         fit_data, outputs=out_centers, quality=q.inertia, note="given start, 20 iterations, float32 where marked")
case("kmeans_pp_default", FAMILY, "km_200k_50", sklearn(lambda T: DrawnKMeans()),
     fit_x, outputs=out_centers, quality=q.inertia, note="k 100, k-means++, default tol, five seeds in one fit, inertia of the median")
case("minibatch_kmeans", FAMILY, "km_1m_20",
     sklearn(new(CLUSTER + "MiniBatchKMeans", n_clusters=10, random_state=0, n_init=1, max_iter=1, max_no_improvement=None, tol=0), intelex=False),
     fit_x, outputs=out_centers, quality=q.inertia, note="batch 1024, one epoch")

# ---------------------------------------------------------------- density and others


def labelling(name, data, libs, note=""):
    case(name, FAMILY, data, libs, fit_predict, outputs=out_labels, quality=q.ari, note=note)


def hdbscan(threads):
    return new("hdbscan:HDBSCAN", min_cluster_size=50, min_samples=10, core_dist_n_jobs=threads)(threads)


class ScipyWard:
    def fit_predict(self, X):
        from scipy.cluster.hierarchy import fcluster, linkage
        return fcluster(linkage(X, "ward"), 12, "maxclust")


labelling("dbscan_2d", "dens_200k_2", sklearn(new(CLUSTER + "DBSCAN", jobs=True, eps=0.08, min_samples=10)))
labelling("dbscan_1m", "dens_1m_2", sklearn(new(CLUSTER + "DBSCAN", jobs=True, eps=0.036, min_samples=10)))
labelling("dbscan_10d", "dens_50k_10", sklearn(new(CLUSTER + "DBSCAN", jobs=True, eps=2.5, min_samples=10)))
labelling("hdbscan", "dens_50k_5",
          sklearn(new(CLUSTER + "HDBSCAN", jobs=True, min_cluster_size=50, min_samples=10, copy=True), intelex=False)
          | {"hdbscan": Lib(hdbscan), "fast_hdbscan": Lib(new("fast_hdbscan:HDBSCAN", min_cluster_size=50, min_samples=10), warmup=True)},
          note="clusters of 50 or more, 10 neighbours")
labelling("optics", "dens_10k_3", sklearn(new(CLUSTER + "OPTICS", jobs=True, min_samples=10), intelex=False))
labelling("meanshift", "blobs_2k_2", sklearn(new(CLUSTER + "MeanShift", jobs=True, bandwidth=2.0), intelex=False))
labelling("ward", "blobs_10k_20",
          sklearn(new(CLUSTER + "AgglomerativeClustering", n_clusters=12), intelex=False) | {"scipy:ward": Lib(lambda T: ScipyWard())})
for linkage in ("single", "average"):
    labelling(linkage, "blobs_10k_20", sklearn(new(CLUSTER + "AgglomerativeClustering", n_clusters=12, linkage=linkage), intelex=False))
labelling("birch", "blobs_100k_10", sklearn(new(CLUSTER + "Birch", threshold=2.0, n_clusters=50), intelex=False))
labelling("spectral_rbf", "blobs_5k_10",
          sklearn(new(CLUSTER + "SpectralClustering", jobs=True, n_clusters=8, gamma=0.05, random_state=0), intelex=False))
labelling("spectral_knn", "blobs_5k_10",
          sklearn(new(CLUSTER + "SpectralClustering", jobs=True, n_clusters=8, affinity="nearest_neighbors", random_state=0), intelex=False))


class FullMixture:
    def fit(self, D):
        from sklearn.mixture import GaussianMixture
        k = len(D["init"])
        precisions = np.repeat(np.diag(1 / D["X"].var(0))[None], k, axis=0)
        start = dict(weights_init=np.full(k, 1 / k), means_init=D["init"], precisions_init=precisions)
        self.model = GaussianMixture(k, max_iter=20, tol=0, **start).fit(D["X"])


def out_mixture(o, D, fitted, predicted):
    m = o.model
    return {"weights": m.weights_, "means": m.means_, "covariances": m.covariances_} | iterations(m)


case("gmm_full", FAMILY, "gmm_200k_10", sklearn(lambda T: FullMixture(), intelex=False),
     fit_data, predict=lambda o, D: o.model.predict(D["X"]), outputs=out_mixture, quality=q.gaussian_mixture, note="given start, 20 iterations")
