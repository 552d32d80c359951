// Package oauth gets, keeps and renews the OAuth tokens of an app of the HighLevel marketplace, as token sources for package
// client.
//
// A person installs the app on a consent page, [App.AuthCodeURL], which sends a code back to the app. [App.Exchange] turns it into
// a [Credential], an access token for a day and a refresh token for the next pair; [Save] puts it into a [TokenStore]; and
// [App.Source] is the [client.TokenSource] over that store. An agency's access token cannot call contacts: [Source.Location]
// makes location tokens of it.
//
//	app, err := oauth.New(oauth.Config{ClientID: id, ClientSecret: oauth.NewSecret(secret), RedirectURL: redirect, Scopes: scopes})
//	…
//	credential, err := app.Exchange(ctx, request.FormValue("code"), oauth.UserTypeLocation)
//	…
//	store := oauth.NewFileStore("/var/lib/example/credential.json")
//	err = oauth.Save(ctx, store, credential)
//	…
//	c, err := client.New(app.Source(store), client.WithLocation(credential.LocationID))
//
// # Refresh tokens work once
//
// The API answers a refresh token with a new pair and refuses it from then on, save that for 30 seconds, as is reported, it gives
// the same pair again. Whoever loses a pair is locked out until a person installs the app again. So
//
//   - one goroutine of one process renews a credential at a time, and looks into the store first for what another has got;
//   - the new pair is stored, durably, before its access token is used, and kept in memory if the store fails;
//   - time-outs, broken connections, unreadable answers and 5xx are repeated within those 30 seconds, a 400 or 401 never;
//   - once a refresh token is on its way nothing but its own time bound ends the renewal, not the caller's context either.
//
// Tokens are renewed five minutes before their end (Config.RefreshBefore), and when the API calls one bad or expired (Invalidate,
// which package client calls). If a renewal ahead of time fails the token serves until its end.
//
// # Errors
//
// [ErrReinstallRequired] says that only a person can help, on the consent page. The API is not asked again until the store has another
// credential; so after a new installation a running program goes on by itself. A wrong client secret or an inactive location is
// an [*Error] without it, and is asked for again after a minute. Everything else may pass.
//
// # Secrets
//
// A [Secret] does not print, neither by fmt nor by slog nor by an encoding, wherever it is held. Texts of the server get into
// errors shortened and without what looks like a secret. The token endpoints are asked over https only (http on loopback, for
// tests), and their redirects are not followed. [Credential.Encode] is the one way out, for stores.
package oauth
