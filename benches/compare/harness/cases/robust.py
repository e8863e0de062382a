"""Robust and isotonic regression."""
from harness import quality as q
from harness.registry import case, fit_xy, new, out_linear, predict, sklearn

FAMILY = "linear"
LINEAR = "sklearn.linear_model:"

case("huber", FAMILY, "spoilt_100k_20",
     sklearn(new(LINEAR + "HuberRegressor"), intelex=False)
     | sklearn(new(LINEAR + "HuberRegressor", tol=1e-8, max_iter=1000), intelex=False, tag="tight"),
     fit_xy, predict=predict, outputs=out_linear, quality=q.huber(1.35, 1e-4), note="epsilon 1.35, alpha 1e-4; 5 % of the rows far off")
case("quantile_regressor", FAMILY, "spoilt_10k_20", sklearn(new(LINEAR + "QuantileRegressor", quantile=0.5, alpha=0.0), intelex=False),
     fit_xy, predict=predict, outputs=out_linear, quality=q.pinball(0.5, 0.0), note="median, no penalty")
case("quantile_l1", FAMILY, "spoilt_10k_20", sklearn(new(LINEAR + "QuantileRegressor", quantile=0.9, alpha=0.01), intelex=False),
     fit_xy, predict=predict, outputs=out_linear, quality=q.pinball(0.9, 0.01), note="quantile 0.9, alpha 0.01")
case("isotonic", FAMILY, "monotone_1m", sklearn(new("sklearn.isotonic:IsotonicRegression", out_of_bounds="clip"), intelex=False),
     fit_xy, predict=predict, outputs=lambda o, D, fitted, predicted: {"predict": predicted, "fitted": o.predict(D["X"])},
     quality=q.isotonic, note="one column in random order")
