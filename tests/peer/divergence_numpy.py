"""What llama-perplexity --kl-divergence says of two models' logits (formulas read in llama.cpp's tools/perplexity/perplexity.cpp), in
float64, and the errors of its figures by a bootstrap over blocks of text."""
import numpy as np


def log_softmax(rows):
    rows = rows.astype(np.float64)
    rows = rows - rows.max(-1, keepdims=True)
    return rows - np.log(np.exp(rows).sum(-1, keepdims=True))


class Scored:
    """Figures of single tokens: surprise under both, divergence, whether the first choice is the same, change of probability."""
    FIELDS = ("nll", "nll_reference", "kl", "same", "dp")

    def __init__(self, **columns):
        self.__dict__.update(columns)

    @classmethod
    def of(cls, reference, compared, targets):
        """@param reference, compared logits [tokens, vocabulary] @param targets what comes next [tokens]"""
        p, q, rows = log_softmax(reference), log_softmax(compared), np.arange(len(targets))
        nll, nll_reference = -q[rows, targets], -p[rows, targets]
        return cls(nll=nll, nll_reference=nll_reference, kl=(np.exp(p) * (p - q)).sum(-1), same=p.argmax(-1) == q.argmax(-1),
                   dp=np.exp(-nll) - np.exp(-nll_reference))

    @classmethod
    def joined(cls, parts):
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in cls.FIELDS})

    def at(self, index):
        return Scored(**{name: getattr(self, name)[index] for name in self.FIELDS})


def figures(one):
    """The statistics themselves."""
    quantiles = np.quantile(one.kl, [0.5, 0.9, 0.99, 0.999])
    return {"perplexity": np.exp(one.nll.mean()), "reference_perplexity": np.exp(one.nll_reference.mean()),
            "perplexity_ratio": np.exp((one.nll - one.nll_reference).mean()), "kl_mean": one.kl.mean(), "kl_median": quantiles[0],
            "kl_p90": quantiles[1], "kl_p99": quantiles[2], "kl_p999": quantiles[3], "kl_max": one.kl.max(),
            "same_top1": one.same.mean(), "mean_delta_p": one.dp.mean(), "rms_delta_p": np.sqrt((one.dp ** 2).mean())}


def errors_of_tokens(one):
    """llama-perplexity's errors: tokens taken for independent."""
    count = len(one.nll)
    mean_error = lambda x: np.sqrt((np.mean(x * x) - np.mean(x) ** 2) / (count - 1))
    found = figures(one)
    same = found["same_top1"]
    return {"perplexity": found["perplexity"] * mean_error(one.nll),
            "reference_perplexity": found["reference_perplexity"] * mean_error(one.nll_reference),
            "perplexity_ratio": found["perplexity_ratio"] * mean_error(one.nll - one.nll_reference), "kl_mean": mean_error(one.kl),
            "mean_delta_p": mean_error(one.dp), "rms_delta_p": 0.5 / found["rms_delta_p"] * mean_error(one.dp ** 2),
            "same_top1": np.sqrt(same * (1 - same) / (count - 1))}


def errors_of_blocks(one, block, draws=1000, seed=7):
    """Standard deviations of the figures when whole blocks [tokens] are drawn with replacement."""
    random, numbers = np.random.default_rng(seed), np.unique(block)
    members = {number: np.flatnonzero(block == number) for number in numbers}
    found = [figures(one.at(np.concatenate([members[n] for n in random.choice(numbers, len(numbers))]))) for _ in range(draws)]
    return {name: float(np.std([each[name] for each in found], ddof=1)) for name in found[0]}
