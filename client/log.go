package client

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// logAttempt logs the end of an attempt.
func (c *call) logAttempt(err error, duration time.Duration) {
	if c.quiet && c.callerCtx.Err() != nil {
		return
	}
	if logger := c.client.config.logger; logger.Enabled(c.callerCtx, slog.LevelDebug) {
		logger.LogAttrs(c.callerCtx, slog.LevelDebug, "highlevel: attempt", c.logAttrs(err, duration)...)
	}
}

// logOutcome logs a call that failed, and a response that does not match the schema.
func (c *call) logOutcome(err error) {
	logger, level := c.client.config.logger, slog.LevelWarn
	if (c.operation == getContact && errors.Is(err, ErrNotFound)) || errors.Is(err, context.Canceled) {
		level = slog.LevelDebug // the program expects these
	}
	if err != nil && logger.Enabled(c.callerCtx, level) {
		logger.LogAttrs(c.callerCtx, level, "highlevel: call failed", c.logAttrs(err, time.Since(c.started))...)
	}
	if drift := c.response.Drift; len(drift) > 0 && logger.Enabled(c.callerCtx, slog.LevelWarn) {
		logger.LogAttrs(c.callerCtx, slog.LevelWarn, "highlevel: response does not match the schema", append(c.logAttrs(nil, time.Since(c.started)),
			slog.Int("places", len(drift)), slog.String("pointer", redact.Text(drift[0].Pointer, c.token)),
			slog.String("want", drift[0].Want), slog.String("got", drift[0].Got))...)
	}
}

// logAttrs returns the log attributes of the call. They contain no personal data and no secrets.
func (c *call) logAttrs(err error, duration time.Duration) []slog.Attr {
	response := &c.response
	attrs := []slog.Attr{
		slog.String("operation", string(c.operation)), slog.String("method", c.request.Method),
		slog.String("path", c.path()), slog.Int("status", response.StatusCode),
		slog.Int("attempt", response.Attempts), slog.Duration("waited", c.waited), slog.Duration("duration", duration),
		slog.String("cf_ray", redact.Text(response.Header.Get("Cf-Ray"), c.token)),
	}
	if limit := response.RateLimit; limit.Known {
		attrs = append(attrs, slog.Int("remaining", limit.Remaining), slog.Int("daily_remaining", limit.DailyRemaining))
	}
	if err != nil {
		attrs = append(attrs, slog.String("kind", Kind(err)), slog.String("cause", err.Error()))
	}
	if apiErr, ok := errors.AsType[*Error](err); ok {
		attrs = append(attrs, slog.String("trace_id", redact.Text(apiErr.TraceID, c.token)))
	}
	return attrs
}
