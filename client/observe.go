package client

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

// CallInfo describes a call that has ended, for [WithCallHook]. It holds no token, query or body; Path contains IDs.
type CallInfo struct {
	Operation  string        // such as "Contacts.Get", or "Do"; All reports "Contacts.List"
	Method     string        // HTTP method
	Path       string        // path of the URL, without the query
	StatusCode int           // status of the last response; 0 if there was none
	Attempts   int           // number of requests sent
	Waited     time.Duration // time spent waiting for the rate limit and between attempts
	Duration   time.Duration // duration of the whole call, Waited included
	RateLimit  RateLimit     // rate limit in the last response
	CFRay      string        // cf-ray header of the last response, which the vendor's support asks for
	Err        error         // error that the call returns, or nil; see KindOf
}

// attrs returns the log attributes of info. They contain no private data and no secrets.
func (info *CallInfo) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("operation", info.Operation), slog.String("method", info.Method), slog.String("path", info.Path),
		slog.Int("status", info.StatusCode), slog.Int("attempt", info.Attempts),
		slog.Duration("waited", info.Waited), slog.Duration("duration", info.Duration), slog.String("cf_ray", info.CFRay),
	}
	if limit := info.RateLimit; limit.Known {
		attrs = append(attrs, slog.Int("remaining", limit.Remaining), slog.Int("daily_remaining", limit.DailyRemaining))
	}
	if info.Err != nil {
		attrs = append(attrs, slog.String("kind", string(KindOf(info.Err))), slog.String("cause", info.Err.Error()))
	}
	if apiErr, ok := errors.AsType[*Error](info.Err); ok {
		attrs = append(attrs, slog.String("trace_id", redact.Value(apiErr.TraceID)))
	}
	return attrs
}

// info describes the call, which has taken the given time and ends with failure.
func (c *call) info(failure *Error, duration time.Duration) *CallInfo {
	response := &c.response
	info := &CallInfo{
		Operation: c.op.name, Method: c.request.Method, Path: c.path(),
		StatusCode: response.StatusCode, Attempts: response.Attempts, Waited: c.waited, Duration: duration,
		RateLimit: response.RateLimit, CFRay: redact.Value(response.Header.Get("Cf-Ray"), c.token),
	}
	if failure != nil {
		info.Err = failure
	}
	return info
}

// logAttempt logs the end of an attempt.
func (c *call) logAttempt(failure *Error, duration time.Duration) {
	if logger := c.client.config.logger; logger.Enabled(c.ctx, slog.LevelDebug) {
		logger.LogAttrs(c.ctx, slog.LevelDebug, "highlevel: attempt", c.info(failure, duration).attrs()...)
	}
}

// report logs a call that failed and a response that does not match the schema, and calls the call
// hooks.
func (c *call) report(failure *Error) {
	drift, logger, hooks := c.response.Drift, c.client.config.logger, c.client.config.hooks
	if failure == nil && len(drift) == 0 && len(hooks) == 0 {
		return
	}
	info := c.info(failure, time.Since(c.started))
	if failure != nil {
		level := slog.LevelWarn
		if (c.op.notFoundIsExpected && failure.Kind == ErrNotFound) || errors.Is(failure, context.Canceled) {
			level = slog.LevelDebug
		}
		logger.LogAttrs(c.ctx, level, "highlevel: call failed", info.attrs()...)
	}
	if len(drift) > 0 {
		attrs := append(info.attrs(), slog.Int("places", len(drift)), slog.String("pointer", redact.Value(drift[0].Pointer, c.token)),
			slog.String("want", drift[0].Want), slog.String("got", drift[0].Got))
		logger.LogAttrs(c.ctx, slog.LevelWarn, "highlevel: response does not match the schema", attrs...)
	}
	for _, hook := range hooks {
		hook(c.ctx, *info)
	}
}
