// Package ctxtime has functions of package time that end with a context.
package ctxtime

import (
	"context"
	"time"
)

// Sleep waits for d. It returns the error of ctx if ctx is done first.
func Sleep(ctx context.Context, d time.Duration) error {
	timer, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-timer.Done()
	return ctx.Err()
}
