//! Support vector machines of `ai.onnx.ml`, as libsvm computes them and scikit-learn exports
//! them: one decision per pair of classes, then votes, then probabilities.
//!
//! Pairs to probabilities: Wu, Lin, Weng, "Probability estimates for multi-class classification
//! by pairwise coupling", JMLR 5 (2004), the second approach, with libsvm's stopping rule.

use super::linear::{PostTransform, largest};
use super::{Inputs, Made, floats, one, several};
use crate::model::onnx::attributes::Attributes;
use crate::model::onnx::error::OperatorFault;
use crate::model::onnx::message::NodeProto;
use crate::model::onnx::tensor::{Data, Shape, Tensor};

/// libsvm keeps the probability of a pair this far from 0 and 1.
const LEAST_PAIR_PROBABILITY: f64 = 1e-7;

pub(super) fn operator(node: &NodeProto) -> Made {
    match node.op_type.as_str() {
        "SVMRegressor" => regressor(&Attributes::of(node)),
        "SVMClassifier" => {
            let machine = Classifier::of(&Attributes::of(node))?;
            several(move |inputs| machine.classify(inputs))
        }
        _ => Ok(None),
    }
}

#[derive(Clone, Copy)]
enum Form {
    Linear,
    Polynomial,
    RadialBasis,
    Sigmoid,
}

struct Kernel {
    form: Form,
    gamma: f64,
    constant: f64,
    degree: f64,
    /// One after the other, `n_features` numbers each.
    vectors: Vec<f64>,
    n_features: usize,
}

fn all(attributes: &Attributes<'_>, name: &str) -> Vec<f64> {
    attributes
        .floats(name)
        .iter()
        .map(|x| f64::from(*x))
        .collect()
}

impl Kernel {
    fn of(attributes: &Attributes<'_>, n_vectors: usize) -> Result<Kernel, OperatorFault> {
        let form = match attributes.text("kernel_type", "LINEAR")? {
            "LINEAR" => Form::Linear,
            "POLY" => Form::Polynomial,
            "RBF" => Form::RadialBasis,
            "SIGMOID" => Form::Sigmoid,
            other => return Err(OperatorFault::NotEvaluated(format!("the kernel `{other}`"))),
        };
        let vectors = all(attributes, "support_vectors");
        if n_vectors == 0 || vectors.is_empty() || !vectors.len().is_multiple_of(n_vectors) {
            let reason = format!("{} numbers for {n_vectors} vectors", vectors.len());
            return Err(OperatorFault::attribute("support_vectors", reason));
        }
        let parameter = |idx: usize| {
            let all = attributes.floats("kernel_params");
            f64::from(all.get(idx).copied().unwrap_or(0.0))
        };
        Ok(Kernel {
            form,
            gamma: parameter(0),
            constant: parameter(1),
            degree: parameter(2),
            n_features: vectors.len() / n_vectors,
            vectors,
        })
    }

    /// The kernel of a row and each vector.
    fn of_row(&self, row: &[f64]) -> Vec<f64> {
        let vectors = self.vectors.chunks_exact(self.n_features);
        vectors.map(|vector| self.value(row, vector)).collect()
    }

    fn value(&self, x: &[f64], y: &[f64]) -> f64 {
        let pairs = x.iter().zip(y);
        if let Form::RadialBasis = self.form {
            let distance: f64 = pairs.map(|(a, b)| (a - b) * (a - b)).sum();
            return (-self.gamma * distance).exp();
        }
        let product: f64 = pairs.map(|(a, b)| a * b).sum();
        match self.form {
            Form::Linear | Form::RadialBasis => product,
            Form::Polynomial => (self.gamma * product + self.constant).powf(self.degree),
            Form::Sigmoid => (self.gamma * product + self.constant).tanh(),
        }
    }

    /// The rows of input 0, which have the features of the vectors.
    fn rows(&self, inputs: &Inputs<'_>) -> Result<(usize, Vec<f64>), OperatorFault> {
        let tensor = inputs.get(0)?;
        let (rows, columns) = tensor.as_rows();
        if columns != self.n_features {
            return Err(OperatorFault::Shape {
                input: 0,
                expected: format!("rows of {} columns", self.n_features),
                found: tensor.shape().clone(),
            });
        }
        Ok((rows, inputs.numbers(0)?))
    }
}

fn regressor(attributes: &Attributes<'_>) -> Made {
    let coefficients = all(attributes, "coefficients");
    let kernel = Kernel::of(attributes, coefficients.len())?;
    let rho = all(attributes, "rho").first().copied().unwrap_or(0.0);
    let post_transform = PostTransform::of(attributes)?;
    let one_class = attributes.int("one_class", 0) != 0;
    one(move |inputs| {
        let (rows, values) = kernel.rows(inputs)?;
        let mut scores = Vec::with_capacity(rows);
        for row in values.chunks_exact(kernel.n_features) {
            let products = kernel.of_row(row).into_iter().zip(&coefficients);
            let mut score = [rho + products.map(|(k, c)| k * c).sum::<f64>()];
            post_transform.apply(&mut score);
            let [score] = score;
            scores.push(match one_class {
                true => {
                    if score > 0.0 {
                        1.0
                    } else {
                        -1.0
                    }
                }
                false => score,
            });
        }
        Tensor::new(vec![rows, 1], floats(scores))
    })
}

struct Classifier {
    kernel: Kernel,
    /// `n_classes − 1` rows of a number per vector: those against each other class.
    coefficients: Vec<f64>,
    /// The vectors of each class are next to each other.
    vectors_per_class: Vec<usize>,
    /// Of each pair of classes.
    rho: Vec<f64>,
    /// Slope and intercept of the logistic curve of each pair.
    curves: Vec<(f64, f64)>,
    post_transform: PostTransform,
    classes: Data,
}

impl Classifier {
    fn of(attributes: &Attributes<'_>) -> Result<Classifier, OperatorFault> {
        let classes = attributes.labels("classlabels_ints", "classlabels_strings")?;
        let vectors_per_class: Vec<usize> = attributes
            .ints("vectors_per_class")
            .iter()
            .map(|n| usize::try_from(*n).unwrap_or(usize::MAX))
            .collect();
        let n_vectors = vectors_per_class
            .iter()
            .try_fold(0_usize, |sum, n| sum.checked_add(*n));
        let n_vectors = n_vectors.filter(|_| !vectors_per_class.is_empty());
        let n_vectors = n_vectors.ok_or_else(|| {
            OperatorFault::attribute("vectors_per_class", "absent: no machine of support vectors")
        })?;
        let kernel = Kernel::of(attributes, n_vectors)?;
        let coefficients = all(attributes, "coefficients");
        let rho = all(attributes, "rho");
        let n = classes.len();
        let pairs = n.saturating_mul(n.saturating_sub(1)) / 2;
        let (a, b) = (all(attributes, "prob_a"), all(attributes, "prob_b"));
        if a.is_empty() {
            let what = "a machine of support vectors without probabilities";
            return Err(OperatorFault::NotEvaluated(what.to_owned()));
        }
        let fits = n >= 2
            && vectors_per_class.len() == n
            && Some(coefficients.len()) == n_vectors.checked_mul(n - 1)
            && rho.len() == pairs
            && [a.len(), b.len()] == [pairs; 2];
        if !fits {
            return Err(OperatorFault::attribute(
                "coefficients",
                "not those of all pairs of classes",
            ));
        }
        Ok(Classifier {
            kernel,
            coefficients,
            vectors_per_class,
            rho,
            curves: a.into_iter().zip(b).collect(),
            post_transform: PostTransform::of(attributes)?,
            classes,
        })
    }

    fn classify(&self, inputs: &Inputs<'_>) -> Result<Vec<Tensor>, OperatorFault> {
        let (rows, values) = self.kernel.rows(inputs)?;
        let n = self.classes.len();
        Shape(vec![rows, n]).len()?;
        let mut scores = Vec::new();
        let mut labels = Vec::with_capacity(rows);
        for row in values.chunks_exact(self.kernel.n_features) {
            let decisions = self.decisions(&self.kernel.of_row(row));
            labels.push(largest(&votes(&decisions, n)));
            let mut row = self.probabilities(&decisions);
            self.post_transform.apply(&mut row);
            scores.append(&mut row);
        }
        let labels = Tensor::new(vec![rows], self.classes.pick(&labels))?;
        Ok(vec![labels, Tensor::new(vec![rows, n], floats(scores))?])
    }

    /// Of each pair of classes: above zero for the first of them.
    fn decisions(&self, kernel: &[f64]) -> Vec<f64> {
        let n = self.classes.len();
        let mut starts = vec![0];
        for count in &self.vectors_per_class {
            starts.push(starts[starts.len() - 1] + count);
        }
        let part = |against: usize, class: usize| -> f64 {
            let vectors = starts[class]..starts[class + 1];
            let coefficients = &self.coefficients[against * kernel.len()..][..kernel.len()];
            let products = coefficients[vectors.clone()].iter().zip(&kernel[vectors]);
            products.map(|(c, k)| c * k).sum()
        };
        let mut decisions = Vec::with_capacity(self.rho.len());
        for first in 0..n {
            for second in first + 1..n {
                let rho = self.rho[decisions.len()];
                decisions.push(part(second - 1, first) + part(first, second) + rho);
            }
        }
        decisions
    }

    fn probabilities(&self, decisions: &[f64]) -> Vec<f64> {
        let n = self.classes.len();
        let mut pairwise = vec![0.0; n * n];
        let mut pairs = decisions.iter().zip(&self.curves);
        for first in 0..n {
            for second in first + 1..n {
                let Some((decision, (a, b))) = pairs.next() else {
                    break;
                };
                let p = 1.0 / (1.0 + (decision * a + b).exp());
                let p = p.clamp(LEAST_PAIR_PROBABILITY, 1.0 - LEAST_PAIR_PROBABILITY);
                pairwise[first * n + second] = p;
                pairwise[second * n + first] = 1.0 - p;
            }
        }
        // Of two classes as well: the libsvm inside of scikit-learn stops as early there.
        coupled(&pairwise, n)
    }
}

/// How many pairs each class wins.
fn votes(decisions: &[f64], n: usize) -> Vec<f64> {
    let mut votes = vec![0.0; n];
    let mut decisions = decisions.iter();
    for first in 0..n {
        for second in first + 1..n {
            let wins = decisions.next().is_some_and(|decision| *decision > 0.0);
            votes[if wins { first } else { second }] += 1.0;
        }
    }
    votes
}

/// The probabilities `p` that fit those of pairs best: `min Σ (r_ji p_i − r_ij p_j)²`, by the
/// paper's algorithm 2.
fn coupled(pairwise: &[f64], n: usize) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a number of classes")]
    let count = n as f64;
    let r = |i: usize, j: usize| pairwise[i * n + j];
    let mut q = vec![0.0; n * n];
    for i in 0..n {
        for j in (0..n).filter(|j| *j != i) {
            q[i * n + i] += r(j, i) * r(j, i);
            q[i * n + j] = -r(j, i) * r(i, j);
        }
    }
    let mut p = vec![1.0 / count; n];
    for _ in 0..n.max(100) {
        let mut q_p: Vec<f64> = (0..n)
            .map(|i| (0..n).map(|j| q[i * n + j] * p[j]).sum())
            .collect();
        let mut p_q_p: f64 = p.iter().zip(&q_p).map(|(p, q)| p * q).sum();
        let error = q_p.iter().map(|x| (x - p_q_p).abs()).fold(0.0, f64::max);
        if error < 0.005 / count {
            break;
        }
        for i in 0..n {
            let step = (p_q_p - q_p[i]) / q[i * n + i];
            p[i] += step;
            p_q_p = (p_q_p + step * (step * q[i * n + i] + 2.0 * q_p[i])) / (1.0 + step).powi(2);
            for j in 0..n {
                q_p[j] = (q_p[j] + step * q[i * n + j]) / (1.0 + step);
                p[j] /= 1.0 + step;
            }
        }
    }
    p
}
