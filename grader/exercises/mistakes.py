"""What to tell a student whose answer is exactly that of a known wrong solution (`solutions.zoo` holds the code)."""

MISTAKES: dict[str, str] = {
    # HardClusterTripletsSampler
    "own_centroid_not_excluded": "Your negative is the centroid of the anchor's own class: it lies at distance 0 from "
    "itself. Exclude the diagonal before you look for the nearest centroid.",
    "excludes_by_distance": "You leave out every centroid at distance 0; another class may have the very same centroid. "
    "Leave out the diagonal.",
    "nearest_positive": "Your positive is the sample nearest to the centroid; the hard positive is the farthest one.",
    "global_mean": "Your anchor is the mean of the whole batch; every class has a centroid of its own.",
    "positive_from_whole_batch": "Your positive is the farthest sample of the batch; look within the anchor's class only.",
    "detached_centroids": "Your centroids are detached: the gradient reaches the features only through the positive. "
    "Anchor and negative must carry it too.",
    "detached_positive": "Your positive is detached: it must carry its own gradient, too.",
    "remembers_the_last_batch": "Your sampler still holds triplets of the batch before; start from nothing in `sample`.",
    "labels_assumed_sorted": "Your code takes a run of equal neighbouring labels for a class. Labels may be interleaved: "
    "torch.unique(labels, return_inverse=True) gives every sample the row of its class.",
    "equal_class_sizes_assumed": "Your code cuts the batch into parts of equal size; classes may differ in size.",
    "ties_by_appearance": "Of two classes equally near you take the one that appears first; take that of the lowest label.",
    "label_used_as_index": "Your code uses the label itself as a row number. Labels may be negative or have gaps: "
    "torch.unique(labels, return_inverse=True) gives every sample the row of its class.",
    "sample_as_negative": "Your negative is a sample of another class; here it is the centroid of the nearest class.",
    "farthest_negative": "Your negative is the farthest centroid; the hard negative is the nearest one.",
    "matrix_product_distances": "Your distances come from a matrix product, |a|² + |b|² − 2ab, which loses all digits "
    "when the embeddings lie far from the origin. Subtract the mean of the batch first, and call torch.cdist with "
    'compute_mode="donot_use_mm_for_euclid_dist".',
    "cdist_default": "torch.cdist goes over to a matrix product above 25 rows, and that loses all digits when the "
    'embeddings lie far from the origin, or close together. Ask for compute_mode="donot_use_mm_for_euclid_dist".',
    "changes_input_in_place": "What you are given belongs to others, the features to the network's graph: work on a copy, "
    "without in-place operations.",
    "outputs_in_another_order": "Whoever calls you takes the outputs by their position: return them in the order asked for.",
    "no_input_checks": "Check the input before you use it, and raise ValueError with a sentence that names the fault.",
    "normalised_centroids": "Your centroids are scaled to unit length; a centroid is the plain mean.",
    "sum_not_mean": "Your centroid is the sum of its class's features; divide by the number of samples.",
    "casts_to_float32": "Your result is float32 whatever comes in; keep the dtype of the features.",
    # ClusterLoss
    "unsquared_cluster_loss": "Your distances are not squared; both d^intra and d^inter are squared in the paper.",
    "mean_over_classes": "You average over the classes; the paper sums.",
    "terms_pile_up": "Your loss still holds the terms of the batch before; start from nothing in `forward`.",
    "no_hinge": "A class whose clusters are already apart lowers your loss: max(·, 0) is missing, class by class.",
    "one_hinge_for_the_batch": "Your max(·, 0) acts on the sum over the classes, where a class whose clusters are already "
    "apart pays for the others; each class has a hinge of its own.",
    # class_distances
    "s_divided_by_n_squared": "You divide s by n²; the n pairs of a sample with itself do not count, so it is n² − n.",
    "centroid_distances": "Your d is the squared distance between two centroids; asked for is the mean over all pairs "
    "of samples, which is larger by the spread of both classes.",
    "unsquared_class_distances": "Your distances are not squared.",
    "pairs_counted_once": "You count each pair once but divide by n² − n, which counts it twice: s is half of what it is.",
    "order_of_appearance": "Your classes stand in the order in which they appear; asked for is ascending order.",
    # tree_level
    "level_counted_from_root": "You count from the root down; the level is the height above the leaves: 0 is the "
    "character itself.",
    "same_character_is_level_one": "Two samples of the same character meet at the leaf, level 0, not at their alphabet.",
    "alphabets_ignored": "Two characters of one alphabet meet at that alphabet, level 1, before the root.",
    # violate_margin
    "constant_level": "You use the level of different alphabets for every pair; ask tree_level for each pair.",
    "anchor_negative_swapped": "You subtract s of the negative's class; the margin subtracts that of the anchor's class.",
    "keeps_gradient": "The margin is a constant for the optimiser: compute it under torch.no_grad() or detach it.",
    "d0_over_all_distances": "Your d_0 is the mean of all class distances; it is the mean of s, the distance within a "
    "class.",
    "clamped_at_zero": "You clamp the margin at zero; it may be negative, for a class whose spread is large.",
    "levels_ignored": "You use L = 16 whatever is asked for; use the argument levels.",
    "levels_of_the_tree": "You divide by 2, the depth of the tree of alphabets; L is the argument levels.",
    "label_as_row": "You use the label as a row of s; the rows follow `classes`, which may have gaps "
    "(see torch.searchsorted).",
    # HierarchicalTripletMarginLossWithSampler
    "gradient_through_margin": "Your gradient also runs through the margin, which is a constant: the network could "
    "lower the loss by lowering the margin.",
    "mean_over_active": "You average over the triplets that violate their margin; the mean runs over all of them.",
    "unsquared_distances": "Your distances are not squared; the margin is in squared units.",
    "margin_clamped": "You clamp the margin at zero; it may be negative. The hinge acts on the whole sum.",
    "keeps_the_first_triplets": "You keep the triplets of the first batch; ask the sampler again for every batch.",
    "mean_margin": "You use one mean margin for all triplets; each triplet has its own.",
    "anchor_and_negative_labels_swapped": "Your margins are those of the negatives' classes: violate_margin takes the "
    "labels of the anchors first, then those of the negatives.",
    "sum_not_mean_loss": "You sum over the triplets; asked for is the mean.",
    # merge_levels
    "direct_distances": "You look at the distance of the two classes alone; they also meet by way of others, each step of "
    "the chain being below the threshold.",
    "complete_linkage": "You join two nodes when all of their classes are near enough; one pair of classes suffices.",
    "own_class_has_a_level": "A class and itself have level 0, whatever stands on the diagonal of d.",
    "one_detour": "You allow one class in between; a chain may have any number of steps.",
    "threshold_included": "You join classes at exactly the threshold; they must be nearer than it: d < d_l.",
    "always_sixteen_levels": "Your thresholds are those of L = 16 whatever is asked for; use the argument levels.",
    "thresholds_from_zero": "Your thresholds climb from 0; they start from d_0, the mean of s.",
    "beyond_the_root": "There is no level above L: it is the root, and holds all classes, however far apart.",
    "level_zero_for_two_classes": "Two different classes meet at level 1 at the lowest, even when they are nearer than d_0.",
    # tree_margin
    "spread_of_the_negative": "You subtract s of the column's class; rows are the anchors, and their s is subtracted.",
    "margins_of_sixteen_levels": "Your thresholds are those of L = 16 whatever is asked for; use the argument levels.",
    "start_at_own_spread": "Your thresholds start from the class's own s; d_0 is the mean of s over all classes.",
    "tree_margin_clamped": "You clamp the margin at zero; it may be negative, for a class whose spread is large.",
    "fixed_beta": "You use β = 0.1 whatever is asked for; use the argument beta.",
    # anchor_neighbours
    "farthest_classes": "You take the classes farthest from the anchor; its neighbours are the nearest ones.",
    "anchors_sorted": "Your anchors are in ascending order; keep the order in which they were given.",
    "one_class_too_many": "You take m neighbours for each anchor; with the anchor itself there are m classes, so m − 1.",
    "classes_twice": "A class that an earlier anchor took is no longer free: no class stands twice in a batch.",
    "anchors_as_neighbours": "All anchors are in the batch from the start: none of them can be another's neighbour.",
    "ties_to_the_last": "Of equally near classes you take the highest number; take the lowest (see argsort's stable=True).",
    "anchor_taken_for_nearest": "You trust that every class is nearest to itself, but d(p, p) is not 0: put the anchor in "
    "by name.",
    # all_triplets_loss
    "half_forgotten": "Your loss is twice as large: the paper divides by 2Z.",
    "mean_over_violated": "You divide by the number of violated triplets; Z counts all of them.",
    "triplets_summed": "You do not divide by the number of triplets, Z.",
    "margin_transposed": "You read margin[negative, anchor]; rows belong to the anchor's class.",
    "unsquared_triplets": "Your distances are not squared; the margin is in squared units.",
    "anchor_as_positive": "You take the anchor for a positive of its own; leave out the diagonal.",
    "triplet_margin_clamped": "You clamp the margin at zero; it may be negative. The hinge acts on the whole sum.",
    "positive_without_gradient": "Your positives get no gradient; it must reach anchors, positives and negatives.",
    # all_triplets
    "each_pair_once": "You take each pair of one class once; (a, p, n) and (p, a, n) are two triplets.",
    "own_positive": "You take the anchor for a positive of its own; leave out the diagonal.",
    "one_negative_a_pair": "You give each pair (a, p) one negative; it goes with each picture of another class.",
    "negatives_from_own_class": "Your negatives are all the rows that are left; take only those of other classes.",
    "lonely_left_out": "You drop classes with a single picture; it is nobody's positive, but a negative like any other.",
    # hard_triplets
    "easy_positive": "Your positive is the nearest of the anchor's class; the hard positive is the farthest one.",
    "easy_negative": "Your negative is the farthest of the other classes; the hard negative is the nearest one.",
    "positive_of_any_class": "Your positive is the farthest of the whole batch; look within the anchor's class only.",
    "negative_of_any_class": "Your negative is the anchor itself, at distance 0; leave out its whole class.",
    "rows_of_the_sorted_batch": "Your row numbers count in a batch sorted by class; translate them back with the order by "
    "which you sorted.",
    "itself_as_positive": "Where a class has collapsed into one point you take the anchor for its own positive; leave out "
    "the diagonal.",
    "last_of_equals": "Of equally near rows you take the last; take the lowest.",
    # cmc_at
    "farthest_first": "You look at the farthest gallery pictures; topk takes the largest unless told largest=False.",
    "hits_counted": "You count the hits; CMC is their share of all queries.",
    "row_taken_for_label": "You compare row numbers of the gallery with labels; look up gallery_labels at these rows.",
    "share_of_the_nearest": "You average over the k nearest; one picture of the right class among them is enough (see any).",
    "always_the_nearest": "You look at the nearest picture only; look at the nearest k.",
    "kth_place_only": "You look at place k only; places 1 to k count.",
    "only_answerable_queries": "You leave out queries whose class the gallery lacks; they are misses, and count.",
}
