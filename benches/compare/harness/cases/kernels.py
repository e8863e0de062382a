"""Support vector machines, neighbours, Gaussian processes, naive Bayes, neural networks."""
import numpy as np

from harness import quality as q
from harness.registry import Lib, case, fit_predict, fit_x, fit_xy, new, out_linear, out_predict, predict, sklearn

# ---------------------------------------------------------------- support vector machines

FAMILY = "svm"
SVM = "sklearn.svm:"


def linear_kernel(A, B):
    return A @ B.T


def rbf_kernel(gamma):
    def kernel(A, B):
        from sklearn.metrics.pairwise import rbf_kernel as rbf
        return rbf(A, B, gamma=gamma)
    return kernel


def out_vectors(o, D, fitted, predicted):
    return {"predict": predicted, "support": o.support_, "dual_coef": o.dual_coef_}


svm = dict(fit=fit_xy, predict=predict, outputs=out_vectors)
case("svc_rbf", FAMILY, "svc_20k_20", sklearn(new(SVM + "SVC", C=1.0, gamma=0.02, cache_size=500)),
     quality=q.svm(q.accuracy, rbf_kernel(0.02)), note="C 1, gamma 0.02", **svm)
case("svc_rbf_200k", FAMILY, "svc_200k_20", sklearn(new(SVM + "SVC", C=1.0, gamma=0.02, cache_size=500)),
     quality=q.svm(q.accuracy), note="C 1, gamma 0.02, a cache of 500 MB", **svm)
case("svc_linear", FAMILY, "svc_10k_50", sklearn(new(SVM + "SVC", C=1.0, kernel="linear", cache_size=500)),
     quality=q.svm(q.accuracy, linear_kernel), note="C 1", **svm)
case("svr_rbf", FAMILY, "svr_10k_20", sklearn(new(SVM + "SVR", C=1.0, gamma=0.02, cache_size=500)), quality=q.svm(q.r2),
     note="C 1, gamma 0.02", **svm)
case("nusvc", FAMILY, "nusvc_5k_20", sklearn(new(SVM + "NuSVC", nu=0.4, gamma=0.02)), quality=q.svm(q.accuracy), note="nu 0.4, gamma 0.02", **svm)
case("oneclass_svm", FAMILY, "svr_10k_20", sklearn(new(SVM + "OneClassSVM", nu=0.2, gamma=0.02), intelex=False),
     fit_x, predict=predict, outputs=out_vectors, note="nu 0.2, gamma 0.02",
     quality=lambda D, R: {"outliers": np.mean(R["predict"] == -1), "vectors": len(R["support"])})
case("linear_svc", FAMILY, "lsvc_200k_50",
     sklearn(new(SVM + "LinearSVC", dual=False), intelex=False, tag="primal")
     | sklearn(new(SVM + "LinearSVC", dual=True, max_iter=50), intelex=False, tag="dual"),
     fit_xy, predict=predict, outputs=out_linear, quality=q.squared_hinge, note="dual capped at 50 rounds")
case("linear_svc_sparse", FAMILY, "text_50k_100k",
     sklearn(new(SVM + "LinearSVC", dual=True), intelex=False, tag="dual")
     | sklearn(new(SVM + "LinearSVC", dual=False), intelex=False, tag="primal"),
     fit_xy, predict=predict, outputs=out_linear, quality=q.squared_hinge, note="CSR, 100 terms a row")


def kernel_error(D, fitted):
    """The mean error of products of neighbouring rows, as approximations of their kernel value."""
    X, Z = D["X"][:1000], fitted[:1000]
    truth = np.exp(-0.02 * np.square(X[1:] - X[:-1]).sum(1))
    return {"error": np.abs((Z[1:] * Z[:-1]).sum(1) - truth).mean()}


case("nystroem", FAMILY, "svm_100k_20", sklearn(new("sklearn.kernel_approximation:Nystroem", n_components=300, gamma=0.02, random_state=0), intelex=False),
     lambda o, D: o.fit_transform(D["X"]), outputs=lambda o, D, fitted, predicted: {"error": np.array([kernel_error(D, fitted)["error"]])},
     quality=lambda D, R: {"error": float(np.ravel(R["error"])[0])}, note="300 components, gamma 0.02")

# ---------------------------------------------------------------- neighbours (fit = build, predict = query)

FAMILY = "neighbors"


class KdTree:
    def __init__(self, threads, k):
        self.threads, self.k = threads, k

    def fit(self, X, y):
        from scipy.spatial import cKDTree
        self.tree, self.y = cKDTree(X), y

    def predict(self, X):
        return vote(self.y, self.tree.query(X, self.k, workers=self.threads)[1])


class FaissFlat:
    def __init__(self, threads, k):
        import faiss
        faiss.omp_set_num_threads(threads)
        self.k = k

    def fit(self, X, y):
        import faiss
        self.index, self.y = faiss.IndexFlatL2(X.shape[1]), y
        self.index.add(X)

    def predict(self, X):
        return vote(self.y, self.index.search(X, self.k)[1])


def vote(y, neighbours):
    counts = np.zeros((len(neighbours), y.max() + 1), np.int16)
    np.add.at(counts, (np.arange(len(neighbours))[:, None], y[neighbours]), 1)
    return counts.argmax(1)


def knn(algorithm, k, **options):
    return sklearn(new("sklearn.neighbors:KNeighborsClassifier", jobs=True, algorithm=algorithm, n_neighbors=k), **options)


def neighbours(name, data, libs, **options):
    case(name, FAMILY, data, libs, fit_xy, predict=predict, outputs=out_predict, quality=q.accuracy, score="total", **options)


neighbours("knn_kd_tree", "knn_100k_3", knn("kd_tree", 5) | {"scipy:cKDTree": Lib(lambda T: KdTree(T, 5))}, latency=True, note="1e5 queries, k 5")
neighbours("knn_brute", "knn_50k_64",
           knn("brute", 10) | knn("brute", 10, tag="f32", intelex=False, f32=True) | {"faiss:f32": Lib(lambda T: FaissFlat(T, 10), f32=True)},
           note="1e4 queries, k 10")
neighbours("knn_ball_tree", "knn_50k_10", knn("ball_tree", 5) | {"scipy:cKDTree": Lib(lambda T: KdTree(T, 5))}, note="1e4 queries, k 5")
case("lof", FAMILY, "dens_50k_5", sklearn(new("sklearn.neighbors:LocalOutlierFactor", jobs=True, n_neighbors=20)), fit_predict,
     outputs=lambda o, D, fitted, predicted: {"labels": fitted, "factor": o.negative_outlier_factor_},
     quality=lambda D, R: {"mean_factor": np.mean(R["factor"]), "outliers": int((R["labels"] == -1).sum())})

# ---------------------------------------------------------------- Gaussian processes, Bayes, neural networks

FAMILY = "other"


def gaussian_process(optimizer):
    def make(threads):
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, WhiteKernel
        return GaussianProcessRegressor(RBF(1.0) + WhiteKernel(0.01), optimizer=optimizer, normalize_y=True)
    return make


def out_process(o, D, fitted, predicted):
    return {"predict": predicted, "kernel": [o.kernel_.k1.length_scale, o.kernel_.k2.noise_level]}


for name, optimizer, note in (("gpr_fixed", None, "kernel not optimised"), ("gpr_opt", "fmin_l_bfgs_b", "kernel optimised")):
    case(name, FAMILY, "gp_2k_5", sklearn(gaussian_process(optimizer), intelex=False),
         fit_xy, predict=predict, outputs=out_process, quality=q.gaussian_process, note=note)


def predictor(name, data, path, measure, note="", **settings):
    case(name, FAMILY, data, sklearn(new(path, **settings), intelex=False), fit_xy, predict=predict, outputs=out_predict, quality=measure, note=note)


predictor("kernel_ridge", "gp_5k_20", "sklearn.kernel_ridge:KernelRidge", q.r2, kernel="rbf", gamma=0.05, alpha=0.1)
predictor("gaussian_nb", "nb_1m_50", "sklearn.naive_bayes:GaussianNB", q.accuracy)
predictor("mlp", "mlp_50k_50", "sklearn.neural_network:MLPClassifier", q.accuracy, note="10 epochs, 100 hidden, batch 200",
          hidden_layer_sizes=(100,), batch_size=200, max_iter=10, random_state=0)
predictor("lda", "nb_1m_50", "sklearn.discriminant_analysis:LinearDiscriminantAnalysis", q.accuracy)
