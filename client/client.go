package client

import (
	"context"
	"errors"

	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

// Client calls the HighLevel API. Use [New] to create a Client; its zero value cannot be used. A
// Client is safe for concurrent use: create one and share it.
type Client struct {
	// Contacts provides access to the contact endpoints.
	Contacts *ContactsService

	config     config
	token      func(context.Context) (string, error) // a function, because fmt prints it as an address for every verb
	invalidate func(token string)                    // nil if the TokenSource is not a TokenInvalidator
}

// New returns a Client that authenticates with tokens. It does not make any requests. It returns an
// error if the token source is nil or an option is invalid.
func New(tokens TokenSource, opts ...Option) (*Client, error) {
	if tokens == nil {
		return nil, errors.New("highlevel: New: no TokenSource: use client.StaticToken(token) or package oauth")
	}
	if static, ok := tokens.(staticToken); ok {
		if err := checkToken(static.Reveal()); err != nil {
			return nil, errors.New("highlevel: New: " + err.Error())
		}
	}
	c := &Client{config: defaultConfig(), token: tokens.Token}
	if source, ok := tokens.(TokenInvalidator); ok {
		c.invalidate = source.Invalidate
	}
	if err := apply(&c.config, opts); err != nil {
		return nil, errors.New("highlevel: " + err.Error())
	}
	if c.config.pacer == nil {
		c.config.pacer = NewPacer(ratelimit.DefaultRequests, ratelimit.DefaultInterval)
	}
	c.Contacts = &ContactsService{client: c}
	return c, nil
}
