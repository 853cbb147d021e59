//! The last value of each number of the monitors, at `/metrics`.

use std::collections::HashSet;

use metrics::Label;
use probity_store::metric_point::MetricPoint;

/// Series that the page holds at most: columns and schedules are many.
const MOST_SERIES: usize = 20_000;

#[derive(Debug, Default)]
pub(super) struct Page {
    shown: HashSet<Vec<Label>>,
}

impl Page {
    /// Of a set of values, their mean.
    pub(super) fn show(&mut self, points: &[MetricPoint]) {
        for point in points {
            let labels = labels(point);
            if !self.shown.contains(&labels) {
                if self.shown.len() >= MOST_SERIES {
                    metrics::counter!("probity_monitor_series_dropped_total").increment(1);
                    continue;
                }
                self.shown.insert(labels.clone());
            }
            metrics::gauge!("probity_monitor_value", labels).set(point.sum / point.count);
        }
    }
}

fn labels(point: &MetricPoint) -> Vec<Label> {
    let mut labels = vec![
        Label::new("region", point.region.clone()),
        Label::new("namespace", point.namespace.clone()),
        Label::new("metric", point.name.clone()),
    ];
    for (name, value) in &point.dimensions {
        labels.push(Label::new(snake(name), value.clone()));
    }
    labels
}

/// `MonitoringSchedule` as `monitoring_schedule`.
fn snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for (at, sign) in name.char_indices() {
        match sign {
            'A'..='Z' => {
                if at > 0 {
                    text.push('_');
                }
                text.push(sign.to_ascii_lowercase());
            }
            'a'..='z' | '0'..='9' => text.push(sign),
            _ => text.push('_'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_have_the_spelling_of_labels() {
        assert_eq!(snake("MonitoringSchedule"), "monitoring_schedule");
        assert_eq!(snake("Endpoint"), "endpoint");
        assert_eq!(snake("facet value"), "facet_value");
    }

    #[test]
    fn a_page_holds_so_many_series_and_no_more() {
        let mut page = Page::default();
        let point = |name: usize| MetricPoint {
            region: "eu-west-1".to_owned(),
            namespace: "n".to_owned(),
            name: name.to_string(),
            dimensions: [].into(),
            at_ms: 0,
            sum: 1.0,
            count: 1.0,
            minimum: 1.0,
            maximum: 1.0,
            unit: None,
        };
        let points: Vec<MetricPoint> = (0..MOST_SERIES + 5).map(point).collect();
        page.show(&points);
        page.show(&points);
        assert_eq!(page.shown.len(), MOST_SERIES);
    }
}
