//! Scalers, encoders and imputers of Estimand
