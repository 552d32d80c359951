package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/highlevel-contacts/contacts-go/gen"
)

const defaultBaseURL = "https://services.leadconnectorhq.com/"

// Client calls the HighLevel Contacts API. It is safe for concurrent use; make one and share it.
type Client struct {
	// Contacts has the API's seven operations.
	Contacts *ContactsService

	baseURL   string
	location  string
	doer      *doer
	generated *gen.Client
}

// New returns a client whose calls carry the tokens of the source. It sends nothing. Its error tells which option is bad.
func New(tokens TokenSource, opts ...Option) (*Client, error) {
	if tokens == nil {
		return nil, errNoTokenSource
	}
	if static, ok := tokens.(StaticToken); ok {
		if err := checkToken(string(static)); err != nil {
			return nil, fmt.Errorf("client: %w", err)
		}
	}
	c := &Client{
		baseURL: defaultBaseURL,
		doer: &doer{
			token:    tokens.Token,
			header:   defaultHeader(),
			maxBytes: defaultMaxBytes,
			retry:    defaultRetry,
			logger:   slog.New(slog.DiscardHandler),
		},
	}
	if source, ok := tokens.(interface{ Invalidate(token string) }); ok {
		c.doer.invalidate = source.Invalidate
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("client: a nil Option")
		}
		if err := opt(c); err != nil {
			return nil, err
		}
	}
	if c.doer.pacer == nil {
		c.doer.pacer = NewPacer(defaultRequests, defaultInterval)
	}
	if c.doer.http == nil {
		c.doer.http = defaultHTTPClient()
	}
	c.doer.http = guardRedirects(c.doer.http)
	generated, err := gen.NewClient(c.baseURL, gen.WithHTTPClient(c.doer))
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	c.generated = generated
	c.Contacts = &ContactsService{client: c}
	return c, nil
}

// Generated returns the generated client on which the methods of this package stand, for what they do not offer. Its calls have
// the same authentication, bounds and errors; it checks no arguments, and the bodies it returns are in memory.
func (c *Client) Generated() gen.ClientInterface {
	return c.generated
}

func defaultHeader() http.Header {
	return http.Header{
		"Accept":     {"application/json"},
		"Version":    {apiVersion},
		"User-Agent": {"contacts-go/" + Version + " (" + runtime.Version() + ")"},
	}
}

// defaultHTTPClient returns the HTTP client that is used without WithHTTPClient.
func defaultHTTPClient() *http.Client {
	const parallel = 100
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          parallel,
			MaxIdleConnsPerHost:   parallel,
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   10 * time.Second,
			ExpectContinueTimeout: time.Second,
		},
	}
}
