/** Types of certificates.k8s.io/v1, in the notation of `notation.ts`. */
import type { TypeTable } from './notation.ts';

export const certificates: TypeTable = {
  CertificateSigningRequest: `%kind # Asks a signer for an X.509 certificate.
    1 metadata meta.ObjectMeta
    2 spec CertificateSigningRequestSpec !
    3 status CertificateSigningRequestStatus
  `,
  CertificateSigningRequestSpec: `
    1 request bytes ! # The request as PEM block CERTIFICATE REQUEST.
    7 signerName string ! # Who is to sign, e.g. kubernetes.io/kube-apiserver-client.
    8 expirationSeconds *int32 # Wished-for validity, at least 600.
    5 usages []string @atomic # What the key may be used for.
    2 username string # Who asks; set by the server.
    3 uid string
    4 groups []string @atomic
    6 extra map[string]ExtraValue
  `,
  CertificateSigningRequestStatus: `
    1 conditions []CertificateSigningRequestCondition @map(type)
    2 certificate bytes # The certificate as PEM, once it is issued.
  `,
  CertificateSigningRequestCondition: `
    1 type string ! # Approved, Denied or Failed.
    6 status string !
    2 reason string
    3 message string
    4 lastUpdateTime Time
    5 lastTransitionTime Time
  `,
};
