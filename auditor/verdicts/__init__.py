"""From judgements to a verdict: scores, standards, gates, baselines, suppressions."""
