//! Buckets, and what S3 tells of one that is private and keeps no versions.

use s3s::dto::{
    Bucket, CreateBucketInput, CreateBucketOutput, Grant, Grantee, ListBucketsInput,
    ListBucketsOutput, Permission, PublicAccessBlockConfiguration, Type,
};
use s3s::{S3Request, S3Result};

use super::Objects;
use super::fault::blocking;

/// The region of every bucket: they lie here, whatever region a caller names.
pub(super) const REGION: &str = "us-east-1";

impl Objects {
    /// Refuses what names a bucket that is not there.
    pub(super) async fn check_bucket(&self, bucket: &str) -> S3Result<()> {
        self.look_before_receiving(bucket, None).await
    }

    /// Making a bucket again is no error in AWS's first region, and one in all others.
    pub(super) async fn create_bucket_of(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<CreateBucketOutput> {
        let bucket = request.input.bucket;
        let location = format!("/{bucket}");
        let configuration = request.input.create_bucket_configuration;
        let elsewhere = configuration
            .and_then(|configuration| configuration.location_constraint)
            .is_some_and(|region| region.as_str() != REGION);
        let buckets = self.buckets.clone();
        let made = blocking(move || buckets.create(&bucket)).await;
        match made {
            Err(fault) if fault.code().as_str() == "BucketAlreadyOwnedByYou" && !elsewhere => {}
            made => made?,
        }
        Ok(CreateBucketOutput {
            location: Some(location),
        })
    }

    pub(super) async fn list_all_buckets(
        &self,
        input: ListBucketsInput,
    ) -> S3Result<ListBucketsOutput> {
        let buckets = self.buckets.clone();
        let mut names = blocking(move || buckets.names()).await?;
        let prefix = input.prefix.clone().unwrap_or_default();
        let after = input.continuation_token.unwrap_or_default();
        names.retain(|(name, _)| name.starts_with(&prefix) && *name > after);
        let limit = input.max_buckets.unwrap_or(10_000).clamp(1, 10_000);
        let is_truncated = names.len() > usize::try_from(limit).unwrap_or_default();
        names.truncate(usize::try_from(limit).unwrap_or_default());
        let next = names
            .last()
            .map(|(name, _)| name.clone())
            .filter(|_| is_truncated);
        let bucket = |(name, made): (String, std::time::SystemTime)| Bucket {
            bucket_region: None,
            creation_date: Some(made.into()),
            name: Some(name),
        };
        Ok(ListBucketsOutput {
            buckets: Some(names.into_iter().map(bucket).collect()),
            continuation_token: next,
            owner: Some(self.owner()),
            prefix: input.prefix,
        })
    }

    /// The owner may do everything, nobody else anything.
    pub(super) fn grants(&self) -> Vec<Grant> {
        vec![Grant {
            grantee: Some(Grantee {
                display_name: None,
                email_address: None,
                id: self.owner().id,
                type_: Type::from_static(Type::CANONICAL_USER),
                uri: None,
            }),
            permission: Some(Permission::from_static(Permission::FULL_CONTROL)),
        }]
    }
}

pub(super) fn nothing_public() -> PublicAccessBlockConfiguration {
    PublicAccessBlockConfiguration {
        block_public_acls: Some(true),
        block_public_policy: Some(true),
        ignore_public_acls: Some(true),
        restrict_public_buckets: Some(true),
    }
}
