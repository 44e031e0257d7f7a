# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Metric learning with Catalyst, on MNIST
#
# You know how to train a classifier in PyTorch. This tutorial takes you through the other way to learn from classes:
# **metric learning**, as a whole pipeline, from batches to a picture of what was learned. The pipeline is
# [Catalyst](https://github.com/catalyst-team/catalyst)'s, which has all of its parts ready-made; here you see what is in
# them, and why.
#
# Nothing is graded. Three times you may write a piece yourself: replace its `raise NotImplementedError(...)` and run the
# check below it, which answers at once and shows the sums. `hint("tutorial.cmc")` gives a nudge; ask again, and it says more.
# The rest of the notebook does not wait for you: it runs from top to bottom as it is.

# %%
import torch
from torch import Tensor

from grader import check, hint, progress  # hint is for cells of your own

# %% tags=["ungraded"]
import math
import time

from catalyst import dl
from catalyst.contrib.data import AllTripletsSampler, HardClusterSampler, HardTripletsSampler
from catalyst.contrib.losses import TripletMarginLossWithSampler
from catalyst.contrib.models import MnistSimpleNet
from catalyst.metrics.functional import cmc_score
from catalyst.utils import set_global_seed

import data
from data.batches import EvalBatches, TrainBatches
from data.notebook.callbacks import Progress, Quiet
from data.notebook.charts import show_curves
from data.notebook.embeddings import show_nearest, show_projection
from data.notebook.points import show_samplers
from data.notebook.results import write_results
from data.notebook.samples import show_batch, show_classes
from data.notebook.settings import choose_device, prepare
from data.notebook.sketches import show_hinge, show_training_pipeline
from data.notebook.tables import show_cmc, show_table

prepare()

# %% [markdown]
# As it stands, the notebook takes a quick look: it draws its own digits, and trains on them for less than a minute. For
# the real ones run `.venv/bin/python -m data.mnist` once, in a terminal in the folder of the course, and set
# `dataset = "mnist"`.

# %% tags=["parameters"]
dataset = "digits"  # "digits": drawn on the spot; "mnist": the real ones, after `.venv/bin/python -m data.mnist`
epochs = None  # None: 600 for MNIST, 100 for a quick look
seed = 0  # of the first weights and the batches
device = "auto"  # "auto": a GPU if there is one; "cpu"; "cuda"
results = "results.json"  # the numbers, written at the end

# %% tags=["ungraded", "nbval-ignore-output"]
DEVICE = choose_device(device)
EPOCHS = (600 if dataset == "mnist" else 100) if epochs is None else epochs
if EPOCHS < 1:
    raise ValueError(f"epochs = {epochs}: take at least 1, or None.")
digits = data.load(dataset)

# %% [markdown]
# # 1. What metric learning is
#
# A classifier answers *which of these ten is it?* Metric learning answers *which of these pictures show the same thing?*
# We look for a network $f$ that turns a picture $x$ into a short vector $f(x)$, its **embedding**, such that
#
# - pictures of one class lie **near** each other,
# - pictures of different classes lie **far** from each other.
#
# There is no output neuron per class. So the same network serves classes that come up later: new faces, new products, new
# letters. The ten digits need none of that, but they are small, and you see at a glance what is right. Here are twelve of each:

# %% tags=["ungraded"]
train, valid = digits.train, digits.valid
show_classes(train)

# %% [markdown]
# **How do you tell a network "near" and "far"?** With three embeddings at a time, a **triplet**: an *anchor* $a$, a
# *positive* $p$ of the same class, a *negative* $n$ of another class. The negative shall be farther from the anchor than the
# positive, by a margin $\alpha$ ($\|\cdot\|$ is the Euclidean length):
#
# $$\mathcal{L}(a, p, n) = \max\left(\|a - p\| - \|a - n\| + \alpha,\; 0\right)$$
#
# With a positive at distance 0.8 and $\alpha = 0.5$: as long as the negative is nearer than 1.3, the triplet costs something and
# pushes. Beyond that it is satisfied: it costs nothing and teaches nothing.

# %% tags=["ungraded"]
show_hinge()

# %% [markdown]
# # 2. Where do triplets come from?
#
# The first idea of most people: write a `Dataset` whose items are triplets. It works, and wastes nearly everything.
#
# **Embedding is expensive, choosing is cheap.** The network below does some 12 million multiplications for each picture, and
# twice as many again on the way back. The distance of two finished embeddings, of 16 numbers each, takes 16. So once a batch
# is embedded, we want to use *every* triplet in it.

# %% [markdown]
# How many are there in a batch of $P$ classes with $K$ pictures each? Each of the $P K$ pictures is an anchor, with $K - 1$
# positives and $(P - 1) K$ negatives:
#
# $$T = P K \cdot (K - 1) \cdot (P - 1) K$$

# %% tags=["ungraded"]
P, K = 10, 10
print(f"{P * K} pictures embedded")
print(f"triplets, had the dataset chosen them:  {P * K // 3:6}")
print(f"triplets, formed inside the batch:      {P * K * (K - 1) * (P - 1) * K:6}")

# %% [markdown]
# **Hard triplets cannot be chosen in advance.** The most instructive positive is the *farthest* one, the most instructive
# negative the *nearest*. To find them in all of MNIST you need the embeddings of 60,000 pictures and their 3.6 billion
# distances. One step of the optimiser later the network is another one, and all of that is out of date. Within a batch of
# 100 the embeddings are at hand and fresh, and there are 10,000 distances.
#
# So two samplers share the work: one chooses *batches* from the dataset, the other *triplets* from the batch.

# %% tags=["ungraded"]
show_training_pipeline()

# %% [markdown]
# ## Try it: all triplets
#
# Given the labels of a batch, write down all of its triplets, as row numbers. With rows $i$ and $j$ of one class and $k$ of
# another, $(i, j, k)$ and $(j, i, k)$ are two different triplets.


# %% nbgrader={"grade": false, "grade_id": "all_triplets", "locked": false, "schema_version": 3, "solution": true, "task": false}
def all_triplets(labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """
    labels: LongTensor [B], one for each of the B pictures of a batch, in any order; classes may differ in size.

    Returns the rows of anchors, positives and negatives of all triplets, in any order: three LongTensors [T].
    """
    ### BEGIN SOLUTION
    from solutions.tutorial import tutorial as reference

    return reference.all_triplets(labels)
    ### END SOLUTION
    raise NotImplementedError("Return three LongTensors: the rows of all anchors, positives and negatives.")


# %% tags=["ungraded"]
check("tutorial.all_triplets", all_triplets)

# %% [markdown]
# # 3. Balanced batches
#
# A batch of random pictures may hold a class once, or not at all; and where classes are many, hardly any two pictures match.
# So batches are made on purpose: $P$ random classes, $K$ random pictures of each; $P$ and $K$ are at least 2. Then there is always a
# triplet, and a class with few pictures comes up as often as one with many.
#
# `TrainBatches` does that with our `BalanceBatchSampler` (Catalyst's own, of 2022, does not start under today's PyTorch).
# With ten classes and $P = 10$, every batch holds all digits. One class per row:

# %% tags=["ungraded"]
loaders = {
    "train": TrainBatches(train, p=P, k=K, device=DEVICE, rotate=0, seed=seed),
    "valid": EvalBatches(valid, batch_size=1024, device=DEVICE),
}
batch = next(iter(loaders["train"]))
print("features:", tuple(batch["features"].shape), "targets:", tuple(batch["targets"].shape))
show_batch(batch, K, f"a batch: {P} classes × {K} pictures", width=5)

# %% [markdown]
# # 4. Which triplets?
#
# Catalyst has three answers in `catalyst.contrib.data`. Each is an in-batch sampler with one method,
# `sample(features, labels)`. Careful with the names: in a *batch*, features are the pictures and targets are their classes.
# In a *sampler* or a *loss*, features are the embeddings, `[B, D]`: $B$ pictures in the batch, $D$ numbers each. Its labels
# are the batch's targets. What it returns are the embeddings of anchors, positives and negatives, three tensors of equal
# shape.
#
# | sampler | anchor | positive | negative |
# | --- | --- | --- | --- |
# | `AllTripletsSampler` | every picture | every other of its class | every one of another class |
# | `HardTripletsSampler` | every picture | the **farthest** of its class | the **nearest** of another class |
# | `HardClusterSampler` | the **mean** of every class | the picture of the class farthest from it | the **nearest** other mean |
#
# Twelve points in the plane, three classes, and what each sampler chooses for one anchor. Green arrows lead to positives,
# orange ones to negatives. Left: the black anchor has 3 positives and 8 negatives, so 24 triplets. Middle: only the farthest
# positive and the nearest negative are left. Right: crosses are means; the blue cross is the anchor, its positive is a
# picture, its negative another cross.

# %% tags=["ungraded"]
show_samplers(AllTripletsSampler(), HardTripletsSampler(), HardClusterSampler())

# %% [markdown]
# And on our batch, with the embeddings of a network that has learned nothing yet. `MnistSimpleNet` has two convolutions and
# two linear layers; at the end it divides $f(x)$ by its length, so embeddings lie on the unit sphere, here in 16 dimensions.
# (Of two pictures of one class, Catalyst makes only one the anchor. So its "all" are half of our $T$: 40,500.)

# %% tags=["ungraded"]
set_global_seed(seed)
model = MnistSimpleNet(out_features=16).to(DEVICE)
features = model(batch["features"])  # [P * K, 16]
for sampler in (AllTripletsSampler(), HardTripletsSampler(), HardClusterSampler()):
    anchors, positives, negatives = sampler.sample(features, batch["targets"])
    print(f"{type(sampler).__name__:20} {len(anchors):6} triplets, each of three vectors of {anchors.shape[1]}")

# %% [markdown]
# Was it true that choosing is cheap? On your machine, for one batch:

# %% tags=["ungraded", "nbval-ignore-output"]
start = time.perf_counter()
features = model(batch["features"])
features.sum().backward()  # any number will do: we time the way back
embedded = time.perf_counter()
HardTripletsSampler().sample(features.detach(), batch["targets"])
print(f"embedding {P * K} pictures, there and back: {1000 * (embedded - start):5.0f} ms")
print(f"choosing {P * K} hard triplets:             {1000 * (time.perf_counter() - embedded):5.0f} ms")
model.zero_grad()  # forget these gradients

# %% [markdown]
# ## Try it: hard triplets
#
# For every row of the batch the row of its farthest positive and of its nearest negative. With $x_i$ the picture in row $i$
# and $y_i$ its label:
#
# $$p_i = \arg\max_{j:\, y_j = y_i,\, j \neq i} \|f(x_j) - f(x_i)\| \qquad n_i = \arg\min_{j:\, y_j \neq y_i} \|f(x_j) - f(x_i)\|$$


# %% nbgrader={"grade": false, "grade_id": "hard_triplets", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hard_triplets(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """
    features: float [B, D]. labels: LongTensor [B]; at least two classes of at least two samples.

    Returns anchor, positive, negative: three LongTensors [B] of row numbers; the anchors are 0, 1, ..., B - 1. Of equally
    far positives or equally near negatives, take the lowest row.
    """
    ### BEGIN SOLUTION
    from solutions.tutorial import tutorial as reference

    return reference.hard_triplets(features, labels)
    ### END SOLUTION
    raise NotImplementedError("Return three LongTensors: each row, its farthest positive, its nearest negative.")


# %% tags=["ungraded"]
check("tutorial.hard_triplets", hard_triplets)

# %% [markdown]
# # 5. A criterion with a sampler
#
# PyTorch has the loss of section 1, averaged over triplets: `nn.TripletMarginLoss`. It wants triplets, and we have batches.
# Catalyst's `TripletMarginLossWithSampler` joins the two: it samples, then calls the loss. To the training loop it
# looks like any other criterion, `criterion(embeddings, targets)`. Margin and sampler are those of Catalyst's
# [published example](https://medium.com/pytorch/metric-learning-with-catalyst-8c8337dfab1a) of 2020. The network is untrained,
# so expect somewhat more than the margin:

# %% tags=["ungraded", "nbval-ignore-output"]
# norm_required=False: our embeddings have length 1 already
criterion = TripletMarginLossWithSampler(margin=0.5, sampler_inbatch=HardTripletsSampler(norm_required=False))
criterion(model(batch["features"]), batch["targets"])

# %% [markdown]
# # 6. Validation: queries and a gallery
#
# There are no class scores, so there is no accuracy. We ask what the embedding is for: **show a picture, find others of its class.**
# The validation pictures are split into **queries** and a **gallery**. For each query the gallery is sorted by distance,
# and we look at the nearest $k$. *Cumulative matching characteristic* is the share of the queries that find their own
# class there:
#
# $$\mathrm{CMC@}k = \frac{1}{|Q|} \sum_{q \in Q} \left[\, y_q \in \{\text{labels of the } k \text{ gallery pictures nearest to } f(q)\} \,\right]$$
#
# where $Q$ is the set of queries, $y_q$ the label of $q$, and $[\ldots]$ is 1 if the statement is true, else 0. Datasets made
# for retrieval say which pictures are queries. MNIST does not, so a fixed random 20 % of each class are.
#
# Here are five queries (blue) and what is nearest to them by **raw pixels**, without any network; green is the right class,
# orange a wrong one. CMC@1 looks at the first column after the query, CMC@5 at the first five.

# %% tags=["ungraded"]
queries = valid.is_query.nonzero().flatten()
shown = torch.stack([queries[valid.labels[queries] == label][1] for label in (2, 3, 5, 8, 9)])
pixels = (valid.images.flatten(1) / 255).double()  # [N, 784]
show_nearest(valid, pixels, shown, "raw pixels: a query and its nearest, left to right", width=7)

# %% [markdown]
# ## Try it: CMC
#
# Compute it from the distances of all queries to the whole gallery, and the labels of both:


# %% nbgrader={"grade": false, "grade_id": "cmc_at", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cmc_at(k: int, distances: Tensor, query_labels: Tensor, gallery_labels: Tensor) -> Tensor:
    """
    k: how many of the nearest count. distances: float [Q, G]. query_labels: LongTensor [Q]. gallery_labels: LongTensor [G].

    Returns CMC@k, a floating-point tensor without dimensions. (k is at most G.)
    """
    ### BEGIN SOLUTION
    from solutions.tutorial import tutorial as reference

    return reference.cmc_at(k, distances, query_labels, gallery_labels)
    ### END SOLUTION
    raise NotImplementedError("Return the share of queries that find their class among the nearest k.")


# %% tags=["ungraded"]
check("tutorial.cmc", cmc_at)

# %% [markdown]
# Catalyst's is `cmc_score`. Before we train, let us ask it how far one gets **without learning**: by pixels, and by the
# network with its random weights. What we train has to beat both.


# %% tags=["ungraded", "nbval-ignore-output"]
def cmc(features: Tensor) -> dict[int, float]:
    """CMC@1, 5 and 10 of the validation split. features: float [N, D]."""
    queries, gallery = features[valid.is_query], features[~valid.is_query]  # [Q, D], [G, D]
    same_class = valid.labels[valid.is_query][:, None] == valid.labels[~valid.is_query]  # [Q, G]
    return {k: cmc_score(queries, gallery, same_class, topk=k) for k in (1, 5, 10)}


@torch.no_grad()
def embed(model: torch.nn.Module) -> Tensor:
    """The embeddings of the whole validation split, double [N, 16]; section 9 tells why double."""
    model.eval()
    return torch.cat([model(batch["features"]) for batch in loaders["valid"]]).cpu().double()


untrained = embed(model)
scores = {"raw pixels": cmc(pixels), "untrained network": cmc(untrained)}
show_cmc(scores)

# %% [markdown]
# # 7. Why validation is rare
#
# With balanced batches an **epoch** goes once through the *classes*, not through the pictures. With $C$ classes, that is
# $\lfloor C / P \rfloor$ batches; here, a single one. Validation embeds *all* of its pictures and compares every query with the whole gallery.
# After every epoch it would take nearly all of the time.

# %% tags=["ungraded"]
print(f"a training epoch: {len(loaders['train'])} batch, {P * K} pictures")
print(f"one validation:   {len(valid.images)} pictures, {valid.is_query.sum() * (~valid.is_query).sum()} distances")

# %% [markdown]
# MNIST has 10,000 validation pictures, a hundred batches' worth, and the published example validates in epochs 300 and 600
# only. `PeriodicLoaderCallback` sees to that; our quick look takes every 25th epoch.
#
# # 8. The whole pipeline
#
# Catalyst's *runner* owns the loop, *callbacks* hook into it. Training and validation have so little in common that each
# callback is told where it belongs:
#
# | callback | job |
# | --- | --- |
# | `CriterionCallback` | the loss, of embeddings and targets |
# | `CMCScoreCallback` | collects all validation embeddings, then computes CMC |
# | `ControlFlowCallbackWrapper` | limits the loss to training, CMC to validation |
# | `PeriodicLoaderCallback` | validates only every so many epochs |
#
# By default Catalyst prints three lines an epoch. `Quiet`, a logger that says nothing, takes the place of its own;
# `Progress`, a callback of ours, moves a bar instead, and keeps the numbers for a picture. (Both stand in the course's
# folder, in `data/notebook/`, as do the drawings and charts.)

# %% [markdown]
# Everything comes together in one cell. Embedding size, margin, sampler, $P$, $K$ and optimiser are those of the published
# example, and with MNIST so are the epochs. (Two differences: its network is an older one, and it standardises the pixels;
# ours are 0 for paper, 1 for ink.)

# %% tags=["ungraded", "nbval-ignore-output"]
record = Progress("training", EPOCHS)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_callback = dl.CriterionCallback(input_key="embeddings", target_key="targets", metric_key="loss")
cmc_callback = dl.CMCScoreCallback("embeddings", labels_key="targets", is_query_key="is_query", topk=[1])
period = math.gcd(EPOCHS, 300 if dataset == "mnist" else 25)  # a divisor: the last epoch is validated
runner = dl.SupervisedRunner(input_key="features", output_key="embeddings", target_key="targets", loss_key="loss")
start = time.perf_counter()
runner.train(
    engine=dl.CPUEngine() if DEVICE == "cpu" else dl.GPUEngine(),
    model=model,
    criterion=criterion,
    optimizer=optimizer,
    loaders=loaders,
    callbacks=[
        dl.ControlFlowCallbackWrapper(loss_callback, loaders="train"),
        dl.ControlFlowCallbackWrapper(cmc_callback, loaders="valid"),
        dl.PeriodicLoaderCallback("valid", "cmc01", minimize=False, valid=period),  # cmc01: Catalyst's name for CMC@1
        record,
    ],
    num_epochs=EPOCHS,
    seed=seed,
    loggers={"quiet": Quiet()},
)
seconds = time.perf_counter() - start
record.bar.close()

# %% [markdown]
# # 9. What was learned
#
# The loss first (left), with the margin as a dotted line; then CMC@1 (right), with that of raw pixels as a dotted line. The
# table has the trained network twice, computed with more and with fewer digits; why, you learn below.

# %% tags=["ungraded", "nbval-ignore-output"]
show_curves(record.history, margin=0.5, baseline=scores["raw pixels"][1])
trained = embed(model)
scores["trained network"] = cmc(trained)
scores["trained network, in single precision"] = cmc(trained.float())
show_cmc(scores)

# %% [markdown]
# In the quick look the loss falls to the margin and stays there, as if nothing were learned any more. Hard triplets do that:
# nearly always the
# nearest of ninety negatives is nearer than the farthest of nine positives, and the quickest way down is to make *all*
# distances small; at 0 every triplet costs just the margin. But look at what the distances do to *each other*:


# %% tags=["ungraded", "nbval-ignore-output"]
def mean_distances(features: Tensor) -> tuple[float, float]:
    """The mean distance of two pictures of one class, and of two of different classes; 500 pictures will do."""
    some = slice(None, None, len(features) // 500)
    features, labels = features[some], valid.labels[some]
    apart = torch.cdist(features, features)  # [500, 500]
    same_class = labels[:, None] == labels
    itself = torch.eye(len(labels), dtype=torch.bool)
    return apart[same_class & ~itself].mean().item(), apart[~same_class].mean().item()


rows = []
for name, features in {"untrained": untrained, "trained": trained}.items():
    within, between = mean_distances(features)
    rows.append([name, f"{within:.4f}", f"{between:.4f}", f"{between / within:.2f}"])
show_table(["", "within a class", "between classes", "ratio"], rows)

# %% [markdown]
# Both shrink, but those within a class shrink more, and retrieval only asks who is *nearer*. So **watch CMC, not the loss**,
# when triplets are hard.

# %% [markdown]
# One trap: distances this small drown in rounding errors. `torch.cdist` takes them from a matrix product, and in single
# precision that loses the digits that tell near from nearer. Catalyst's callback, which computed the curve, does it so; hence the
# two last lines of the CMC table, and hence the curve ends where the last one says. The one in double precision is right.

# %% [markdown]
# The same five queries as before, with the trained embedding:

# %% tags=["ungraded", "nbval-ignore-output"]
show_nearest(valid, trained, shown, "trained: a query and its nearest, left to right", width=7)

# %% [markdown]
# And the validation pictures (at most a hundred of each class), in the two directions in which the embeddings differ most.
# Each class has a colour, and one of its pictures stands at its mean. What overlaps here may still be apart in the other
# fourteen dimensions.

# %% tags=["ungraded", "nbval-ignore-output"]
show_projection(valid, trained, range(10), "validation digits, 16 dimensions seen in two", size=(7.5, 6))

# %% [markdown]
# **Now change something.** Put `AllTripletsSampler()` or `HardClusterSampler()` into the criterion of section 5, run all cells
# from section 3 on (it makes the loaders anew, so that the batches are the same), and compare: which one stays at the margin? Which
# CMC@1 is the best, and would you have guessed it from the loss? (Mind the spread: try another `seed`, too.)
#
# What you tried by yourself, as it was last checked in this session:

# %% tags=["ungraded"]
progress("tutorial")

# %% [markdown]
# # What to read next
#
# - **The homework**, [homework3](../homework3/homework3.ipynb): the same pipeline on handwritten letters, of alphabets that
#   the network has never seen. There you write the hard cluster sampler and a loss with margins from a tree, and compare.
# - [Cluster Loss for Person Re-Identification](https://arxiv.org/abs/1812.10325), where hard clusters come from, and
#   [Deep Metric Learning with Hierarchical Triplet Loss](https://arxiv.org/abs/1810.06951): the homework's two papers.
# - [In Defense of the Triplet Loss for Person Re-Identification](https://arxiv.org/abs/1703.07737): batches of $P \times K$,
#   hard triplets inside them, and the plateau at the margin, explained by those who made them popular.
# - [A Metric Learning Reality Check](https://arxiv.org/abs/2003.08505): how much of the claimed progress is left when
#   new losses and ten-year-old ones are compared fairly.
#
# The numbers of this run, for other programs:

# %% tags=["ungraded", "nbval-ignore-output"]
settings = {"dataset": dataset, "epochs": EPOCHS, "seed": seed, "P": P, "K": K, "margin": 0.5, "features_dim": 16}
history = {
    name: {epoch["epoch"]: epoch[name] for epoch in record.history if name in epoch} for name in ("loss", "cmc01")
}
write_results(results, settings, DEVICE, cmc=scores, seconds=round(seconds, 1), history=history)
print(f"{results}: CMC@1 of {scores['trained network'][1]:.3f} after {EPOCHS} epochs, {seconds:.0f} seconds")
