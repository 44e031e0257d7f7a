BEGIN TRANSACTION;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
INSERT INTO "alembic_version" VALUES('e43177bfe90b');
CREATE TABLE assignment (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	duedate DATETIME, 
	course_id VARCHAR(128) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	FOREIGN KEY(course_id) REFERENCES course (id)
);
INSERT INTO "assignment" VALUES('6c047d0afc7f4345ae7fcde260eaf40b','homework3',NULL,'metric-learning');
CREATE TABLE base_cell (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	notebook_id VARCHAR(32) NOT NULL, 
	type VARCHAR(50), 
	PRIMARY KEY (id), 
	UNIQUE (name, notebook_id, type), 
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO "base_cell" VALUES('60c140209b80450b9b4c9221f4fa7945','hard_cluster-triplets','9bdfce69b73243519dc9affec943bd10','GradeCell');
INSERT INTO "base_cell" VALUES('d2426ebc61cc404a800f1829ee129cb1','hard_cluster-labels','9bdfce69b73243519dc9affec943bd10','GradeCell');
INSERT INTO "base_cell" VALUES('cc1a7e319e5d44f99d4a6440a6af2c63','hard_cluster-training','9bdfce69b73243519dc9affec943bd10','GradeCell');
INSERT INTO "base_cell" VALUES('634be66021974c76a268f39252514cf2','hard_cluster-errors','9bdfce69b73243519dc9affec943bd10','GradeCell');
INSERT INTO "base_cell" VALUES('e6b22bf2176d47469627e35fac877b58','hard_cluster-loss','9bdfce69b73243519dc9affec943bd10','GradeCell');
INSERT INTO "base_cell" VALUES('b74a0b41d83e46af896ca7767e253bb9','hierarchical-class_distances','9bdfce69b73243519dc9affec943bd10','GradeCell');
INSERT INTO "base_cell" VALUES('fc1882148c5a48199323eebe4a9434d4','hierarchical-tree_level','9bdfce69b73243519dc9affec943bd10','GradeCell');
INSERT INTO "base_cell" VALUES('897b209d0b654ce68b35454e4cce0da3','hierarchical-violate_margin','9bdfce69b73243519dc9affec943bd10','GradeCell');
INSERT INTO "base_cell" VALUES('8a3eae262cd64f3c8d064cd69f75ba3d','hierarchical-loss','9bdfce69b73243519dc9affec943bd10','GradeCell');
INSERT INTO "base_cell" VALUES('fe8104e1eae2477e918990231a5e5023','hierarchical-gradients','9bdfce69b73243519dc9affec943bd10','GradeCell');
INSERT INTO "base_cell" VALUES('6f520cf4153b44de980edecca14e19ed','hard_cluster_sampler','9bdfce69b73243519dc9affec943bd10','SolutionCell');
INSERT INTO "base_cell" VALUES('2da514dd51a6451d9ee9fb8b8fcb3aa5','cluster_loss','9bdfce69b73243519dc9affec943bd10','SolutionCell');
INSERT INTO "base_cell" VALUES('8f06e97ca04b4a6a95d08e5d8ae4d4d9','class_distances','9bdfce69b73243519dc9affec943bd10','SolutionCell');
INSERT INTO "base_cell" VALUES('25885f8bd83b421e91cb4c1288aeb046','tree_level','9bdfce69b73243519dc9affec943bd10','SolutionCell');
INSERT INTO "base_cell" VALUES('7a0ebcf6319046edb97dacc28feb192a','violate_margin','9bdfce69b73243519dc9affec943bd10','SolutionCell');
INSERT INTO "base_cell" VALUES('ff826b4308a648aa834fd7642fcf2a86','hierarchical_loss','9bdfce69b73243519dc9affec943bd10','SolutionCell');
INSERT INTO "base_cell" VALUES('eb8aa7a59002478daedc008f3d220072','merge_levels','9bdfce69b73243519dc9affec943bd10','SolutionCell');
INSERT INTO "base_cell" VALUES('82c4aad742f4495da2e86b081a91f0a1','tree_margin','9bdfce69b73243519dc9affec943bd10','SolutionCell');
INSERT INTO "base_cell" VALUES('31692df7be4a46888e9c9936c614ff67','anchor_neighbours','9bdfce69b73243519dc9affec943bd10','SolutionCell');
INSERT INTO "base_cell" VALUES('237e7eecbe9846fba3b7c29066f035cc','all_triplets_loss','9bdfce69b73243519dc9affec943bd10','SolutionCell');
CREATE TABLE comment (
	id VARCHAR(32) NOT NULL, 
	notebook_id VARCHAR(32), 
	cell_id VARCHAR(32), 
	auto_comment TEXT, 
	manual_comment TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (cell_id, notebook_id), 
	FOREIGN KEY(notebook_id) REFERENCES submitted_notebook (id), 
	FOREIGN KEY(cell_id) REFERENCES base_cell (id)
);
CREATE TABLE course (
	id VARCHAR(128) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (id)
);
INSERT INTO "course" VALUES('metric-learning');
INSERT INTO "course" VALUES('default_course');
CREATE TABLE grade (
	id VARCHAR(32) NOT NULL, 
	notebook_id VARCHAR(32), 
	cell_id VARCHAR(32), 
	auto_score FLOAT, 
	manual_score FLOAT, 
	extra_credit FLOAT, 
	needs_manual_grade BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (cell_id, notebook_id), 
	FOREIGN KEY(notebook_id) REFERENCES submitted_notebook (id), 
	FOREIGN KEY(cell_id) REFERENCES base_cell (id)
);
CREATE TABLE grade_cells (
	id VARCHAR(32) NOT NULL, 
	max_score FLOAT NOT NULL, 
	cell_type VARCHAR(8) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(id) REFERENCES base_cell (id)
);
INSERT INTO "grade_cells" VALUES('60c140209b80450b9b4c9221f4fa7945',1.0,'code');
INSERT INTO "grade_cells" VALUES('d2426ebc61cc404a800f1829ee129cb1',1.0,'code');
INSERT INTO "grade_cells" VALUES('cc1a7e319e5d44f99d4a6440a6af2c63',1.0,'code');
INSERT INTO "grade_cells" VALUES('634be66021974c76a268f39252514cf2',1.0,'code');
INSERT INTO "grade_cells" VALUES('e6b22bf2176d47469627e35fac877b58',1.0,'code');
INSERT INTO "grade_cells" VALUES('b74a0b41d83e46af896ca7767e253bb9',1.0,'code');
INSERT INTO "grade_cells" VALUES('fc1882148c5a48199323eebe4a9434d4',1.0,'code');
INSERT INTO "grade_cells" VALUES('897b209d0b654ce68b35454e4cce0da3',1.0,'code');
INSERT INTO "grade_cells" VALUES('8a3eae262cd64f3c8d064cd69f75ba3d',1.0,'code');
INSERT INTO "grade_cells" VALUES('fe8104e1eae2477e918990231a5e5023',1.0,'code');
CREATE TABLE notebook (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	assignment_id VARCHAR(32), 
	kernelspec VARCHAR(1024), 
	PRIMARY KEY (id), 
	UNIQUE (name, assignment_id), 
	FOREIGN KEY(assignment_id) REFERENCES assignment (id)
);
INSERT INTO "notebook" VALUES('9bdfce69b73243519dc9affec943bd10','homework3','6c047d0afc7f4345ae7fcde260eaf40b','{"display_name": "Python 3", "language": "python", "name": "python3"}');
CREATE TABLE solution_cells (
	id VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(id) REFERENCES base_cell (id)
);
INSERT INTO "solution_cells" VALUES('6f520cf4153b44de980edecca14e19ed');
INSERT INTO "solution_cells" VALUES('2da514dd51a6451d9ee9fb8b8fcb3aa5');
INSERT INTO "solution_cells" VALUES('8f06e97ca04b4a6a95d08e5d8ae4d4d9');
INSERT INTO "solution_cells" VALUES('25885f8bd83b421e91cb4c1288aeb046');
INSERT INTO "solution_cells" VALUES('7a0ebcf6319046edb97dacc28feb192a');
INSERT INTO "solution_cells" VALUES('ff826b4308a648aa834fd7642fcf2a86');
INSERT INTO "solution_cells" VALUES('eb8aa7a59002478daedc008f3d220072');
INSERT INTO "solution_cells" VALUES('82c4aad742f4495da2e86b081a91f0a1');
INSERT INTO "solution_cells" VALUES('31692df7be4a46888e9c9936c614ff67');
INSERT INTO "solution_cells" VALUES('237e7eecbe9846fba3b7c29066f035cc');
CREATE TABLE source_cell (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	cell_type VARCHAR(8) NOT NULL, 
	locked BOOLEAN NOT NULL, 
	source TEXT, 
	checksum VARCHAR(128), 
	notebook_id VARCHAR(32), 
	PRIMARY KEY (id), 
	UNIQUE (name, notebook_id), 
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
INSERT INTO "source_cell" VALUES('4a9744cdcf194a2ba0c137f9b729989a','hard_cluster_sampler','code',0,'class HardClusterTripletsSampler(IInbatchTripletSampler):
    """One triplet per class: its centroid, its sample farthest from there, the nearest other centroid."""

    def _check_input_labels(self, labels: Tensor | list[int]) -> None:
        """Catalyst asks for this method. Check the labels here and call it from `sample`, or do it all in `sample`."""

    def sample(self, features: Tensor, labels: Tensor | list[int]) -> tuple[Tensor, Tensor, Tensor]:
        """
        features: float [B, D], on any device.
        labels: B integers, a list or a LongTensor; in any order, with gaps, even negative; classes may differ in size.

        Returns anchor, positive, negative: each [P, D], one row per class (in any order of the classes), of the
        features'' dtype and device, with gradients. Of equally far samples or equally near centroids, take the first:
        the lowest row, the lowest label.

        Raises ValueError, and names the fault, for fewer than two classes, a class with a single sample (say which), labels and
        features of different lengths, features that are not 2-D, and features with NaN or infinity.

        Beware of torch.cdist''s default (see `distances` above): embeddings may lie very close together, or far from 0.
        """
        # YOUR CODE HERE
        raise NotImplementedError("Write `sample`: for each class its centroid, farthest sample and nearest centroid.")','4040135bfd28de2b3da620a5aad8ea1e','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('5fdf421da88946ed9e962c0f6be29805','hard_cluster-triplets','code',1,'check("hard_cluster.triplets", HardClusterTripletsSampler)','27c643bfc8c0ae0cba9f720f03f0b118','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('afff3a66493a4d7684838aa876683460','hard_cluster-labels','code',1,'check("hard_cluster.labels", HardClusterTripletsSampler)','b27e44cce806ec5494aa4822b7a9c79a','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('8f8581ff87a941899f51cbfeeb2f7204','hard_cluster-training','code',1,'check("hard_cluster.training", HardClusterTripletsSampler)','15f43812a84b0171045ed4f57d4a6e21','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('f134796785184b34904557df716bf387','hard_cluster-errors','code',1,'check("hard_cluster.errors", HardClusterTripletsSampler)','f0df2a4a265fcdff1339ae8af0fb0534','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('3d90bbff09634c0d94719e33be35dabd','cluster_loss','code',0,'class ClusterLoss(nn.Module):
    """The hard cluster loss as in the paper: squared distances, summed over the classes of the batch."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """features: float [B, D], labels: LongTensor [B]. Returns a scalar with a gradient."""
        # YOUR CODE HERE
        raise NotImplementedError("Write the sum over classes of max(d_intra - d_inter + alpha, 0).")','f4a861f71932488e806e8e939205c8ac','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('1d6e019669964374833107a1f9995a17','hard_cluster-loss','code',1,'check("hard_cluster.loss", ClusterLoss)','ce1d9a1eafc2cf093c886eb16b9c9995','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('07e24441f6564cbf9f83b90094f5a76e','class_distances','code',0,'def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """
    features: float [B, D]. labels: LongTensor [B]; every class has at least two samples.

    Returns
        classes: LongTensor [P], the labels that occur, ascending;
        d: [P, P], d[p, q] the mean squared distance of samples of classes[p] and of classes[q] (on the diagonal too:
           the formula with p = q, a sample with itself included);
        s: [P], the mean squared distance of two different samples of classes[p].
    """
    # YOUR CODE HERE
    raise NotImplementedError("Write d(p, q) for all pairs of classes, and s for all classes.")','1af834c55ec04b97eef440f7d48b3645','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('b23e957ae4a64eb4b49d4b8d9ec12621','hierarchical-class_distances','code',1,'check("hierarchical.class_distances", class_distances)','b4f57558f4d1c4ce0d5f0d5b9242cc91','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('a5409602813745d382c08d63e9e63ea6','tree_level','code',0,'def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    """
    class_a, class_b: LongTensors of equal shape, class numbers.
    alphabet_of: LongTensor [n_classes].

    Returns a LongTensor of that shape: 0 same character, 1 same alphabet, 2 otherwise.
    """
    # YOUR CODE HERE
    raise NotImplementedError("Write the height at which two classes meet: 0, 1 or 2.")','14f95ec42cef5392b6d3b8a5ee1da287','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('1fa20495f8fb4367a5b2bb750529b4c8','hierarchical-tree_level','code',1,'check("hierarchical.tree_level", tree_level)','b0f5befd219bb39aade0ca00e85c5ce0','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('ea41aa5ae51b4e74820a10d3bf6bf9f7','violate_margin','code',0,'def violate_margin(
    features: Tensor,
    labels: Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    """
    features: float [B, D], labels: LongTensor [B]: the whole batch, for s and d_0.
    anchor_labels, negative_labels: LongTensors [T]: the classes of each triplet.
    alphabet_of: LongTensor [n_classes]. beta: the constant part of the margin. levels: L.

    Returns [T]: the margin of each triplet, without gradient. It may be negative.
    """
    # YOUR CODE HERE
    raise NotImplementedError("Write alpha = beta + d_l - s for each triplet, without gradient.")','9b1243f9b409544fdc82db2080c10f3d','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('fda6fa5197e046f4b41ea79a3b3f043b','hierarchical-violate_margin','code',1,'check("hierarchical.violate_margin", violate_margin)','550fb8994e36d233f10e39937a735d8c','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('13203f08746f4107aa4d4e1e2d99b01e','hierarchical_loss','code',0,'class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """The mean triplet loss over the sampler''s triplets, with squared distances and a margin from the tree."""

    def __init__(self, sampler_inbatch: RowSampler, alphabet_of: Tensor, beta: float = 0.1, levels: int = 16) -> None:
        """sampler_inbatch: has `sample_ids(features, labels)`. alphabet_of: LongTensor [n_classes]."""
        super().__init__()
        self.sampler_inbatch = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """
        features: float [B, D] of length 1, labels: LongTensor [B]. Returns a scalar with a gradient.

        With thousands of triplets, `features.index_select(0, rows)` trains several times faster than `features[rows]`.
        """
        # YOUR CODE HERE
        raise NotImplementedError("Write the mean over triplets of max(|a - p|² - |a - n|² + margin, 0).")','bd5a4c7e58ff84ce14cf9fdb65a3aaa5','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('efd16b5d07ac484b9eb0d890272026d8','hierarchical-loss','code',1,'check("hierarchical.loss", HierarchicalTripletMarginLossWithSampler)','f35ede6cb0147572598d6db0d4629ccd','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('d5910e533de24d9e86e54848f2687b44','hierarchical-gradients','code',1,'check("hierarchical.gradients", HierarchicalTripletMarginLossWithSampler)','3f9982b6fddae52e420b0bedf32c8be9','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('b8b37663c6c74217bd9f4e4265af7062','merge_levels','code',0,'def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    """
    d: float [C, C], symmetric, the distances of all classes; what stands on its diagonal does not matter.
    s: float [C], their spreads. levels: L.

    Returns a LongTensor [C, C]: H(p, q), from 1 to L, and 0 on the diagonal. Level L, the root, joins all that is left,
    whatever the distances.
    """
    # YOUR CODE HERE
    raise NotImplementedError("Write the lowest level at which each two classes are in one node.")','6cb5e9ac36d5d80b1e4cdfc8fefc6388','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('67b85a2238d74802b80ba3bbb86ba813','tree_margin','code',0,'def tree_margin(level: Tensor, s: Tensor, beta: float = 0.1, levels: int = 16) -> Tensor:
    """
    level: LongTensor [C, C], what merge_levels returns. s: float [C]. beta: the constant part. levels: L.

    Returns [C, C]: the margin for an anchor of class p (row) and a negative of class q (column). It may be negative.
    """
    # YOUR CODE HERE
    raise NotImplementedError("Write beta + d_H - s for all pairs of classes.")','1b638f5a488aa19f1b62a2419194b7c7','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('19d0b38440144c9ea99234b92a34a84b','anchor_neighbours','code',0,'def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    """
    d: float [C, C], the distances of all classes. anchors: LongTensor [l''], different classes; l'' * m <= C.

    Returns a LongTensor [l'' * m]: the first anchor, its m - 1 nearest free classes from near to far, the second anchor,
    and so on. Of equally near classes, the lowest number first.
    """
    # YOUR CODE HERE
    raise NotImplementedError("Write the classes of one batch: every anchor with its nearest free classes.")','8c74f886c1fb826cd9094a2cd0b6de5b','9bdfce69b73243519dc9affec943bd10');
INSERT INTO "source_cell" VALUES('c257a46f588e4cd9a1453bb11989a492','all_triplets_loss','code',0,'def all_triplets_loss(features: Tensor, labels: Tensor, margin: Tensor) -> Tensor:
    """
    features: float [B, D]. labels: LongTensor [B], in any order; classes may differ in size.
    margin: float [C, C], for an anchor''s class (row) and a negative''s class (column).

    Returns a scalar with a gradient.
    """
    # YOUR CODE HERE
    raise NotImplementedError("Write half of the mean hinge over all triplets of the batch.")','e4eab2a7f54d6e7fdb45c75887580206','9bdfce69b73243519dc9affec943bd10');
CREATE TABLE student (
	id VARCHAR(128) NOT NULL, 
	first_name VARCHAR(128), 
	last_name VARCHAR(128), 
	email VARCHAR(128), 
	lms_user_id VARCHAR(128), 
	PRIMARY KEY (id)
);
CREATE TABLE submitted_assignment (
	id VARCHAR(32) NOT NULL, 
	assignment_id VARCHAR(32), 
	student_id VARCHAR(128), 
	timestamp DATETIME, 
	extension DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (assignment_id, student_id), 
	FOREIGN KEY(assignment_id) REFERENCES assignment (id), 
	FOREIGN KEY(student_id) REFERENCES student (id)
);
CREATE TABLE submitted_notebook (
	id VARCHAR(32) NOT NULL, 
	assignment_id VARCHAR(32), 
	notebook_id VARCHAR(32), 
	flagged BOOLEAN, 
	late_submission_penalty FLOAT, 
	PRIMARY KEY (id), 
	UNIQUE (notebook_id, assignment_id), 
	FOREIGN KEY(assignment_id) REFERENCES submitted_assignment (id), 
	FOREIGN KEY(notebook_id) REFERENCES notebook (id)
);
CREATE TABLE task_cells (
	id VARCHAR(32) NOT NULL, 
	max_score FLOAT NOT NULL, 
	cell_type VARCHAR(8) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(id) REFERENCES base_cell (id)
);
COMMIT;
