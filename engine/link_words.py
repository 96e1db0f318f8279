"""What links of version 1 are compressed against: text of which they mostly consist.

Never change a letter of it: every link that is out there would be unreadable. Another text needs another version.
"""

_KINDS = (
    "Identity Softmax GELU Tanh Sigmoid AvgPool Zeros ScaledNormal deviation GlorotNormal HeUniform GlorotUniform "
    "Elastic strength smoothness Noise Erase Transpose Exponential final start_divisor rise warmup every Steps "
    "validate_every max_steps clip_norm average frozen parts initializer scaling unit added_images added_by "
    "label_noise stopping.patience stopping.target_accuracy stopping.keep last penalty.l1 penalty.decoupled "
    "16x16-small 16x16-deep 16x16-momentum 16x16-l2 16x16-cross-entropy 16x16-bias-unit 16x16-dropout "
    "16x16-fine-tuning 16x16-stretched 16x16-transposed 16x16-convolution 16x16-best 16x16-champion "
    "99-in-seconds mnist-sgd mnist-adam "
    "mnist-batch-norm mnist-dropout mnist-both mnist-lenet linear convnet weight_decay epsilon decay "
    "loss.label_smoothing "
)
_PIECES = (
    '["mnist16","data.source","data.train_images",5000,"data.validation_images",10000,"data.label_noise",0.1,'
    '"loss","MeanSquaredError","schedule","OneCycle","schedule","Cosine","penalty.l2",0.0001,"average",0.99,'
    '"augmentation",[{"kind":"Shift","pixels":1.5},{"kind":"Rotate","degrees":12.0},{"kind":"Zoom","by":0.12},'
    '{"kind":"Shear","by":0.15},{"kind":"Stretch"}],"layers",[{"kind":"Conv","channels":8,"kernel":5,"padding":"valid"'
    ',"stride":2,"bias":false},"BatchNorm","LeakyReLU",{"kind":"MaxPool","size":3},"Flatten",{"kind":"Dropout","drop":0.2'
    ',"scale":"test"},{"kind":"Dense","units":100,"bias":"none"},"Tanh",{"kind":"Conv","channels":32},"ReLU","MaxPool",'
    '{"kind":"Conv","channels":64},"ReLU","MaxPool","Flatten",{"kind":"Dense","units":32},"ReLU",{"kind":"Dropout",'
    '"drop":0.5},{"kind":"Dense","units":10}],"layers.7.units",64,"layers.0.channels",16,"optimizer","Momentum",'
    '"optimizer",{"kind":"SGD","learning_rate":0.05},"optimizer",{"kind":"AdamW","learning_rate":0.003},"optimizer.momentum"'
    ',0.9,"batch_size",128,"epochs",3,"optimizer.learning_rate",0.002,"epochs",20,"seed",42]["dense",["lenet"]'
)
WORDS = (_KINDS + _PIECES).encode()
