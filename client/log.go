package client

import (
	"errors"
	"log/slog"
)

// logAttempt records that an attempt ended.
func (d *doer) logAttempt(call *call, err error) {
	d.log(slog.LevelDebug, "attempt", call, err)
}

// logFailure records that a call failed.
func (d *doer) logFailure(call *call, err error) {
	d.log(slog.LevelWarn, "call failed", call, err)
}

// logDrift records that a body differs from the document, by its first place.
func (d *doer) logDrift(call *call) {
	if drift := call.response.Drift; len(drift) > 0 {
		d.log(slog.LevelWarn, "answer differs from the document", call, nil, slog.Int("places", len(drift)),
			slog.String("pointer", drift[0].Pointer), slog.String("want", drift[0].Want), slog.String("got", drift[0].Got))
	}
}

// log writes a record of call, without anything that could be personal or secret: the texts of errors stay out too.
func (d *doer) log(level slog.Level, message string, call *call, err error, more ...slog.Attr) {
	if !d.logger.Enabled(call.ctx, level) {
		return
	}
	response := &call.response
	attrs := []slog.Attr{
		slog.String("operation", call.operation.id), slog.String("method", call.request.Method),
		slog.String("path", call.request.URL.Path), slog.Int("status", response.StatusCode),
		slog.Int("attempt", response.Attempts), slog.String("cf_ray", response.Header.Get("Cf-Ray")),
	}
	if response.RateLimit.Known {
		attrs = append(attrs, slog.Int("remaining", response.RateLimit.Remaining), slog.Int("daily_remaining", response.RateLimit.DailyRemaining))
	}
	var apiError *Error
	if errors.As(err, &apiError) {
		attrs = append(attrs, slog.String("trace_id", apiError.TraceID))
	}
	d.logger.LogAttrs(call.ctx, level, "highlevel: "+message, append(attrs, more...)...)
}
