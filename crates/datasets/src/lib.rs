//! Bundled data sets, generators and file readers of Estimand
