"""What the notebooks show and keep, so that their cells hold what they teach.

The tree, by what you may be looking for:

    settings     what a notebook settles first: the look of its charts, the device
    samples      pictures of the data: some of each alphabet, one class, a batch
    sketches     drawings that explain: the pipeline, a triplet, a loss, margins
    points       the same for samplers: what they choose among a few points in the plane
    callbacks    what we add to Catalyst's training loop: a progress bar, the numbers of every epoch, CMC
    checkpoints  the best network and all it takes to go on, in a file that is written after every epoch
    stops        what ends a training before its time, in a sentence
    memory       did the memory run out, and which batch would fit
    charts       how a training went: curves by epoch
    tables       CMC of several embeddings, and other tables
    embeddings   pictures of an embedding: nearest neighbours, hardest triplets, a map
    tree         trees of classes: the static one of alphabets, the one grown from distances
    results      the numbers of a run, in a file for other programs
    draw         what all pictures are made of: colours, mosaics, boxes, arrows

Functions that begin with `show_` display and return nothing. Three things go by these names throughout:

    split    a `data.Split`, such as data.load("glyphs").valid
    history  one dict for each epoch: "epoch", from 1; "loss"; "within" and "between", the mean squared distances of two
             pictures of one class and of two classes; and, where there was a validation, "cmc01", "cmc05", "cmc10"
    trained  method -> {"model": its best network, "cmc": {k: CMC@k}, "history": as above, "epochs", "seconds"}

Whoever wants to know what metric learning is need not read any of this. Nothing is imported by `data` itself: these
modules need Catalyst and matplotlib, which loading data does not.
"""
