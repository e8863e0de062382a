"""What is built on least squares: ridge that chooses its penalty, Bayesian ridge, least angle paths, matching pursuit."""
import numpy as np

from harness import quality as q
from harness.registry import case, fit_xy, new, out_linear, out_predict, predict, sklearn

FAMILY = "linear"
LINEAR = "sklearn.linear_model:"


def out_choice(o, D, fitted, predicted):
    return out_linear(o, D, fitted, predicted) | {"alpha": o.alpha_}


case("ridge_cv", FAMILY, "reg_100k_100",
     sklearn(new(LINEAR + "RidgeCV", alphas=tuple(np.logspace(-3, 6, 20))), intelex=False),
     fit_xy, predict=predict, outputs=out_choice, quality=q.r2, note="20 alphas, leave-one-out")
case("bayesian_ridge", FAMILY, "reg_100k_50", sklearn(new(LINEAR + "BayesianRidge"), intelex=False),
     fit_xy, predict=predict, outputs=out_predict, quality=q.r2)
case("lars", FAMILY, "reg_10k_500", sklearn(new(LINEAR + "Lars"), intelex=False),
     fit_xy, predict=predict, outputs=out_linear, quality=q.least_squares(0.0), note="the whole path")
case("omp", FAMILY, "reg_10k_2000", sklearn(new(LINEAR + "OrthogonalMatchingPursuit", n_nonzero_coefs=100), intelex=False),
     fit_xy, predict=predict, outputs=out_linear, quality=q.least_squares(0.0), note="100 non-zeros")
