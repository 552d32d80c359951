package redact

// Error returns an error whose message is that of [Local]. The error unwraps to err, so that
// errors.Is and errors.As work. No verb of package fmt prints the cause. Error returns
// nil if err is nil.
func Error(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	return &localError{text: Local(err, secrets...), cause: func() error { return err }}
}

// localError holds its cause in a function. Package fmt prints fields by reflection for some verbs,
// but prints only the address of a function.
type localError struct {
	text  string
	cause func() error
}

func (e *localError) Error() string { return e.text }

func (e *localError) Unwrap() error { return e.cause() }
