"""The perception models on a GPU: the same weights behind the same ports, by torch or by libraries that can use one."""
