//! Losses and links of Estimand with value, gradient and curvature in one pass
