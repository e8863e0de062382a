"""Preprocessing and metrics."""
import numpy as np

from harness import quality as q
from harness.registry import RUST_PEERS, Lib, call, case, fit_transform, new, out_sample, out_value, sklearn, transform

# ---------------------------------------------------------------- preprocessing (fit_s = fit and transform, predict_s = transform)

FAMILY = "preprocessing"


def transformer(name, data, path, measure=q.sample, predict=transform, note="fit and transform", peers=(), **settings):
    case(name, FAMILY, data, sklearn(new(path, **settings), intelex=False), fit_transform, predict=predict,
         outputs=out_sample, quality=measure, note=note, peers=peers)


def standardised(D, rows):
    X = D["X"].astype(np.longdouble)
    return (X[:rows] - X.mean(0)) / X.std(0)


def to_unit_range(D, rows):
    low, high = D["X"].min(0), D["X"].max(0)
    return (D["X"][:rows] - low) / (high - low)


transformer("standard_scaler", "num_1m_20", "sklearn.preprocessing:StandardScaler", q.against(standardised), peers=RUST_PEERS)
transformer("minmax_scaler", "num_1m_20", "sklearn.preprocessing:MinMaxScaler", q.against(to_unit_range))
transformer("robust_scaler", "num_1m_20", "sklearn.preprocessing:RobustScaler")
transformer("quantile_transformer", "num_1m_20", "sklearn.preprocessing:QuantileTransformer", random_state=0)
transformer("kbins", "num_1m_20", "sklearn.preprocessing:KBinsDiscretizer", n_bins=10, encode="ordinal", strategy="quantile",
            quantile_method="averaged_inverted_cdf", subsample=None)
transformer("onehot", "int_1m_5", "sklearn.preprocessing:OneHotEncoder")
transformer("ordinal", "int_1m_5", "sklearn.preprocessing:OrdinalEncoder")
transformer("polynomial", "num_1m_20", "sklearn.preprocessing:PolynomialFeatures", predict=None, note="20 to 231 columns", degree=2)
transformer("impute_mean", "nan_1m_20", "sklearn.impute:SimpleImputer")
transformer("impute_median", "nan_1m_20", "sklearn.impute:SimpleImputer", strategy="median")
transformer("impute_knn", "nan_5k_20", "sklearn.impute:KNNImputer", predict=None)


def vectorizer(name, cls, **settings):
    case(name, FAMILY, "docs_20k", sklearn(new(f"sklearn.feature_extraction.text:{cls}", **settings), intelex=False),
         lambda o, D: o.fit_transform(D["docs"]), predict=lambda o, D: o.transform(D["docs"]),
         outputs=out_sample, quality=q.sample, size="docs", note="fit and transform, 100 words a document")


vectorizer("count_vectorizer", "CountVectorizer")
vectorizer("tfidf", "TfidfVectorizer")
vectorizer("tfidf_bigrams", "TfidfVectorizer", ngram_range=(1, 2))
vectorizer("hashing_vectorizer", "HashingVectorizer")

# ---------------------------------------------------------------- metrics

FAMILY = "metrics"


def score(function, *keys, **settings):
    def make(threads):
        import sklearn.metrics
        f = getattr(sklearn.metrics, function)
        return lambda D: f(*(D[k] for k in keys), **settings)
    return make


def metric(name, libs, data="scores_1m", size="y", **options):
    case(name, FAMILY, data, libs, call, size=size, **({"outputs": out_value, "quality": q.value} | options))


metric("roc_auc", sklearn(score("roc_auc_score", "y", "score")))
metric("average_precision", sklearn(score("average_precision_score", "y", "score"), intelex=False))
metric("log_loss", sklearn(score("log_loss", "y", "proba"), intelex=False))
metric("log_loss_10", sklearn(score("log_loss", "yc", "P"), intelex=False))
metric("accuracy", sklearn(score("accuracy_score", "yc", "pc"), intelex=False))
metric("f1_macro", sklearn(score("f1_score", "yc", "pc", average="macro"), intelex=False))
metric("confusion_matrix", sklearn(score("confusion_matrix", "yc", "pc"), intelex=False), quality=q.confusion)
metric("silhouette", sklearn(score("silhouette_score", "X", "y"), intelex=False), data="blobs_10k_20", size="X")


def pairwise(name, libs):
    metric(name, libs, data="embed_10k_50", size="X", outputs=out_sample, quality=q.sample)


def distances(name):
    return lambda threads: score("pairwise_distances", "X", "X", metric=name, n_jobs=threads)(threads)


def cdist(name):
    def make(threads):
        from scipy.spatial import distance
        return lambda D: distance.cdist(D["X"], D["X"], name)
    return Lib(make)


def faiss_distances(threads):
    import faiss
    faiss.omp_set_num_threads(threads)
    return lambda D: faiss.pairwise_distances(D["X"], D["X"])


pairwise("pairwise_euclidean", sklearn(distances("euclidean"), intelex=False) | {
    "scipy": cdist("euclidean"), "faiss:f32-squared": Lib(faiss_distances, f32=True)})
pairwise("pairwise_manhattan", sklearn(distances("manhattan"), intelex=False) | {"scipy": cdist("cityblock")})
pairwise("pairwise_cosine", sklearn(distances("cosine")) | {"scipy": cdist("cosine")})
