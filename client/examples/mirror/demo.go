package main

import (
	"context"
	"io"
)

const demoSchema = "mirror_demo"

func demo(ctx context.Context, dsn, listen string, out io.Writer) error { return nil }
